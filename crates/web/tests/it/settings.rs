//! Settings, status, log, keys and accounts as pages, by links and forms alone.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;

use crate::pages::Scene;

impl Scene {
    pub(crate) async fn submit(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> (StatusCode, String, String) {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let body: Vec<_> = form
            .iter()
            .map(|(k, v)| format!("{}={}", encode(k), encode(v)))
            .collect();
        let request = TestRequest::default()
            .method(Method::POST)
            .uri(path)
            .insert_header(("host", "localhost"))
            .insert_header(("origin", "http://localhost"))
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .set_payload(body.join("&"));
        let (status, page, headers) = self.request(request).await;
        let location = headers
            .get("location")
            .map(|to| to.to_str().unwrap().to_owned());
        (status, page, location.unwrap_or_default())
    }

    fn settings_version(&self) -> String {
        self.app.settings().version()
    }

    fn config(&self) -> String {
        std::fs::read_to_string(self.app.settings().data.join("config.toml")).unwrap_or_default()
    }
}

#[actix_web::test]
async fn a_setting_is_changed_by_a_form_and_a_wrong_one_says_what_is_allowed() {
    let mut scene = Scene::new("hana").await;
    let (status, page) = scene.get("/settings").await;
    assert_eq!(status, StatusCode::OK);
    for words in [
        "Schedule and keep rules",
        "backup_at",
        "keep_safety_days",
        "mute_activity",
        "Watch-only: nothing at all is written to AniList.",
        "fixed by",
        "ANIREWIND_LOGIN",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("CANARY"), "{page}");
    assert!(!page.contains("Type it again"), "{page}");
    let version = scene.settings_version();
    let wrong = [("version", version.as_str()), ("backup_at", "sometimes")];
    let (status, page, _) = scene.submit("/settings", &wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.contains("daily@HH:MM") && scene.config().is_empty(),
        "{page}"
    );
    let right = [
        ("version", version.as_str()),
        ("backup_at", "every 6h"),
        ("keep_daily", "0"),
    ];
    let (status, _, location) = scene.submit("/settings", &right).await;
    assert_eq!(
        (status, location.as_str()),
        (StatusCode::SEE_OTHER, "/settings")
    );
    assert_eq!(scene.config().trim(), "backup_at = \"every 6h\"");
    let settings = scene.app.settings().read_again().unwrap();
    scene.app = scene.app.reopen(settings, jiff::tz::TimeZone::UTC).unwrap();
    // Whoever still has the old page before them changes nothing.
    let (status, page, _) = scene.submit("/settings", &right).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("changed meanwhile"), "{page}");
    assert!(!page.contains("saving changes that"), "{page}");
    // And what it would take back is said beside it.
    let old = [
        ("version", version.as_str()),
        ("backup_at", "daily@05:00"),
        ("notify_webhook_secret", "hush"),
    ];
    let (_, page, _) = scene.submit("/settings", &old).await;
    assert!(
        page.contains("It is every 6h now; saving changes that."),
        "{page}"
    );
    assert!(
        page.contains("It was not saved: type it again.") && !page.contains("hush"),
        "{page}"
    );
}

#[actix_web::test]
async fn status_log_and_about_say_what_they_should() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    for (path, words) in [
        ("/status", "Snapshots of hana"),
        ("/status/log?level=warn&q=x", "No such line"),
        (
            "/status/log?level=bad",
            "There is no level <code>bad</code>; all lines are shown.",
        ),
        ("/about", "What cannot come back"),
        ("/help/keys", "Names of snapshots"),
        ("/settings/hana", "AniList last took it"),
        ("/api", "/api/v1/plans/restore"),
        ("/connect", "Get a token"),
        ("/security", "Keys for programs"),
        ("/disconnect/hana", "Snapshots and history stay"),
    ] {
        let (status, page) = scene.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        assert!(page.contains(words), "{path}: {page}");
        assert!(
            !page.contains("style=\"") && !page.contains("<script>"),
            "{path}"
        );
    }
    let (status, page) = scene.get("/disconnect/nobody").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        page.contains("There is no profile <code>nobody</code>") && page.contains("Dashboard"),
        "{page}"
    );
}

#[actix_web::test]
async fn a_key_is_shown_once_and_forgotten_again() {
    let scene = Scene::new("hana").await;
    let path = "/security/keys";
    let (status, page, _) = scene
        .submit(path, &[("name", "phone"), ("write", "yes")])
        .await;
    assert_eq!(status, StatusCode::OK);
    let key = page
        .split("arw_")
        .nth(1)
        .unwrap()
        .get(..32)
        .unwrap()
        .to_owned();
    let again = scene.get("/security").await.1;
    assert!(again.contains("phone") && !again.contains(&key), "{again}");
    let (status, page, _) = scene.submit(path, &[("name", "phone")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.contains("There is a key called <code>phone</code>"),
        "{page}"
    );
    let (status, ..) = scene
        .submit(&format!("{path}/remove"), &[("name", "phone")])
        .await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(scene.app.keys().await.unwrap().is_empty());
}

#[actix_web::test]
async fn an_account_is_connected_by_a_token_and_let_go_of() {
    let scene = Scene::new("hana").await;
    scene.simulator.world().grant_token("another-token", 1);
    for (token, words) in [
        ("two words", "That is not a token"),
        ("unknown", "AniList refused the token"),
    ] {
        let (status, page, _) = scene
            .submit("/connect", &[("token", token), ("profile", "")])
            .await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
        assert!(page.contains(words) || page.contains("token"), "{page}");
        assert!(
            !page.contains(&format!(">{token}<")),
            "what was typed is not shown again"
        );
    }
    let (status, page, location) = scene
        .submit("/connect", &[("token", "another-token"), ("profile", "h")])
        .await;
    assert_eq!(
        (status, location.as_str()),
        (StatusCode::SEE_OTHER, "/backups/h/new"),
        "{page}"
    );
    assert_eq!(scene.app.accounts().await.unwrap()[0].profile, "h");
    let (status, ..) = scene.submit("/disconnect/h", &[]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn what_is_left_of_a_disconnected_account_can_be_looked_at() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let id = scene.app.snapshots(None).await.unwrap()[0].id.to_string();
    let (_, page) = scene.get("/disconnect/hana").await;
    let given = "Its token was given by a setting and stays there";
    assert!(page.contains(given), "{page}");
    let (status, ..) = scene.submit("/disconnect/hana", &[]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = scene.get("/").await;
    let words = "What is kept of 1 account that is not connected";
    assert!(page.contains(words) && page.contains("href=\"/backups/hana\""));
    assert!(!page.contains("Nothing saved yet"), "{page}");
    for path in [
        "/backups/hana",
        &format!("/backups/hana/{id}"),
        "/timeline/hana",
        "/titles/hana",
        "/at/hana",
        "/plan/hana",
    ] {
        let (status, page) = scene.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        assert!(page.contains("Not connected: this is what was saved of it."));
    }
    let (status, page) = scene.get("/api/v1/profiles").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("\"access\":\"none\""), "{page}");
    // Its settings are where it is connected again.
    let (status, _) = scene.get("/settings/hana").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_browser_shows_titles_in_the_language_that_was_chosen_in_it() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let rows = scene.app.snapshots(None).await.unwrap();
    let found = scene.app.find(rows[0].id.as_str(), None).await.unwrap();
    let mut summaries = found
        .list()
        .entries
        .iter()
        .map(|entry| (entry, entry.summary.as_ref()));
    let (entry, titles) = summaries
        .find_map(|(entry, summary)| {
            let titles = &summary?.titles;
            let differs = titles.native.is_some() && titles.native != titles.romaji;
            differs.then(|| (entry, titles.clone()))
        })
        .unwrap();
    let path = format!(
        "/titles/hana/{}/{}",
        entry.media_type.word().to_lowercase(),
        entry.media
    );
    let heading = async |cookie: &str| {
        let request = TestRequest::get()
            .uri(&path)
            .insert_header(("host", "localhost"))
            .insert_header(("cookie", cookie));
        let (_, page, _) = scene.request(request).await;
        let (_, heading) = page.split_once("<h1").unwrap();
        let (heading, _) = heading.split_once("</h1>").unwrap();
        heading.split_once('>').unwrap().1.to_owned()
    };
    assert_eq!(
        heading("titles=native").await,
        titles.native.clone().unwrap()
    );
    assert_ne!(heading("titles=nonsense").await, titles.native.unwrap());
    assert_eq!(heading("titles=nonsense").await, heading("x=y").await);
    let (status, _, location) = scene
        .submit("/title-language", &[("language", "native")])
        .await;
    assert_eq!(
        (status, location.as_str()),
        (StatusCode::SEE_OTHER, "/settings#browser")
    );
    let (status, ..) = scene
        .submit("/title-language", &[("language", "klingon")])
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, page) = scene.get("/settings").await;
    assert!(
        page.contains("value=\"\" selected") && page.contains("In this browser"),
        "{page}"
    );
}

impl Scene {
    /// Takes over what stands in the file of settings.
    fn read_settings(&mut self) {
        let settings = self.app.settings().read_again().unwrap();
        self.app = self.app.reopen(settings, jiff::tz::TimeZone::UTC).unwrap();
    }
}

#[actix_web::test]
async fn what_may_be_one_of_a_few_words_is_chosen_from_them() {
    let mut scene = Scene::new("hana").await;
    let config = scene.app.settings().data.join("config.toml");
    std::fs::write(config, "dry_run = \"yes\"\nnotify_on = [\"late\"]\n").unwrap();
    scene.read_settings();
    let (_, page) = scene.get("/settings").await;
    for offered in [
        "<select id=\"covers\" name=\"covers\">",
        "<option value=\"cached\" selected>cached: each is fetched once and kept</option>",
        "<option value=\"many\" selected>many: for more than five titles</option>",
        "<option value=\"never\">never: not at all</option>",
        "<option value=\"text\" selected>text: lines for people</option>",
        "name=\"notify_on\" value=\"late\" checked>",
        "name=\"notify_on\" value=\"alarm\">",
    ] {
        assert!(page.contains(offered), "{offered}: {page}");
    }
    let of = |key: &str| {
        let rest = page.split(&format!("<select id=\"{key}\"")).nth(1).unwrap();
        rest.split("</select>").next().unwrap().to_owned()
    };
    assert!(
        of("dry_run").contains("value=\"true\" selected>yes"),
        "{}",
        of("dry_run")
    );
    // What holds is not written down again, however it was written.
    let version = scene.settings_version();
    let same = [
        ("version", version.as_str()),
        ("dry_run", "true"),
        ("covers", "cached"),
        ("notify_on", ""),
        ("notify_on", "late"),
    ];
    scene.submit("/settings", &same).await;
    assert!(
        scene.config().starts_with("dry_run = \"yes\"\n"),
        "{}",
        scene.config()
    );
    let other = [
        ("version", version.as_str()),
        ("covers", "off"),
        ("notify_on", ""),
        ("notify_on", "failing"),
        ("notify_on", "late"),
    ];
    let (status, page, _) = scene.submit("/settings", &other).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    assert!(
        scene
            .config()
            .contains("notify_on = \"failing, late\"\ncovers = \"off\""),
        "{}",
        scene.config()
    );
    scene.read_settings();
    assert!(!scene.app.settings().covers);
    let version = scene.settings_version();
    let none = [("version", version.as_str()), ("notify_on", "")];
    scene.submit("/settings", &none).await;
    assert!(!scene.config().contains("notify_on"), "{}", scene.config());
    scene.read_settings();
    let version = scene.settings_version();
    let wrong = [("version", version.as_str()), ("covers", "sometimes")];
    let (status, page, _) = scene.submit("/settings", &wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Allowed: cached or off."), "{page}");
}

#[actix_web::test]
async fn a_secret_that_stands_in_the_file_is_removed_where_somebody_ticks_that() {
    let fixed = ("ANIREWIND_PING_URL", "https://hc.example/x");
    let mut scene = Scene::with("hana", &[("ANIREWIND_LOGIN", "off"), fixed]).await;
    let config = scene.app.settings().data.join("config.toml");
    let kept = "# Mine.\nnotify_webhook_url = 'https://hooks.example/CANARY'\nnotify_webhook_secret = 'CANARY'\n";
    std::fs::write(config, kept).unwrap();
    scene.read_settings();
    let (_, page) = scene.get("/settings").await;
    let offered: Vec<_> = page.split("name=\"forget\" value=\"").skip(1).collect();
    assert!(offered.len() == 2 && offered[0].starts_with("notify_webhook_url\">"));
    assert!(!page.contains("CANARY"), "{page}");
    let version = scene.settings_version();
    let version = ("version", version.as_str());
    let empty = [("notify_webhook_url", ""), ("notify_webhook_secret", "")];
    let [url, secret] = ["notify_webhook_url", "notify_webhook_secret"].map(|key| ("forget", key));
    // The other one means nothing alone, and what was ticked stays so.
    let form = [version, empty[0], empty[1], url];
    let (status, page, _) = scene.submit("/settings", &form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.contains("It means nothing without <code>notify_webhook_url</code>"),
        "{page}"
    );
    assert!(
        page.contains("value=\"notify_webhook_url\" checked>"),
        "{page}"
    );
    // Nobody typed anything that would have to be typed again.
    assert!(!page.contains("Type it again"), "{page}");
    assert_eq!(scene.config(), kept);
    // What is fixed elsewhere, or no secret, is not removed so.
    for key in ["ping_url", "covers"] {
        scene.submit("/settings", &[version, ("forget", key)]).await;
    }
    assert_eq!(scene.config(), kept);
    let form = [version, empty[0], empty[1], url, secret];
    let (status, page, _) = scene.submit("/settings", &form).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    assert!(!scene.config().contains("notify"), "{}", scene.config());
    scene.read_settings();
    let (_, page) = scene.get("/settings").await;
    assert!(!page.contains("name=\"forget\""), "{page}");
}

#[actix_web::test]
async fn settings_stand_in_their_order_and_say_what_is_always_saved() {
    let kept = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(kept.path(), "http://127.0.0.1:9/ping").unwrap();
    let environment = [
        ("ANIREWIND_LOGIN", "off"),
        ("ANIREWIND_COVERS", "off"),
        ("ANIREWIND_PING_URL_FILE", kept.path().to_str().unwrap()),
    ];
    let scene = Scene::with("hana", &environment).await;
    let (_, page) = scene.get("/settings").await;
    // A file that is named is shown. That one may be named is said beside what would stand in it.
    assert!(
        page.contains("<output id=\"ping_url_file\" class="),
        "{page}"
    );
    assert!(page.contains("<output id=\"password\"") && !page.contains("id=\"password_file"));
    assert!(page.contains("config set password_file FILE"), "{page}");
    let headings: Vec<_> = page.split("<h2 id=\"").skip(1).collect();
    let ids: Vec<_> = headings
        .iter()
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(
        ids.join(" "),
        "snapshots saving writing safety activity browser notices accounts sessions keys export unusual anilist server"
    );
    for (id, words) in [
        ("snapshots", "watch_interval"),
        ("saving", "Nothing of it can be left out."),
        (
            "saving",
            "fixed by the environment variable ANIREWIND_COVERS",
        ),
        ("writing", "dry_run"),
        ("safety", "keep_safety_days"),
        ("activity", "mute_activity"),
        ("browser", "time_zone"),
        ("browser", "<option value=\"Asia/Tokyo\">"),
        ("notices", "notify_on"),
        ("accounts", "anilist_token_file"),
        ("sessions", "/security\""),
        ("keys", "/security#keys-title"),
        ("unusual", "alarm_removed_titles"),
        ("server", "log_format"),
    ] {
        let section = headings
            .iter()
            .find(|rest| rest.starts_with(&format!("{id}\"")));
        assert!(
            section.is_some_and(|section| section.contains(words)),
            "{id}: {words}"
        );
    }
    // What is fixed is offered nowhere.
    assert!(
        page.contains(
            "<output id=\"covers\" class=\"locked\" aria-describedby=\"covers-help\">off<"
        ),
        "{page}"
    );
    let mut ids: Vec<_> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None);
}

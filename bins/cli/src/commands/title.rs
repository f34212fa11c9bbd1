//! `title`

use anirewind_core::model::{Entry, MediaId, MediaType, UserId};
use anirewind_core::{
    App, BrowseError, Code, GoneTitle, Style, TitleHistory, called, count, summary_of, thousands,
    title_of,
};
use comfy_table::{Table, presets};
use serde_json::json;

use crate::commands::log::line;
use crate::ids::Ids;
use crate::json::{change_json, entry_json};
use crate::output::{Failure, Output};
use crate::style::Styles;

/// So many are listed where several titles are meant.
const LISTED: usize = 20;

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    text: &str,
) -> Result<u8, Failure> {
    let owner = app.one_account(profile).await?.account.id;
    let style = Styles::read(app).await?.of(owner);
    let mut meant = meant(app, owner, &style, text).await?;
    let one = match (meant.pop(), meant.is_empty()) {
        (None, _) => return Err(none(text)),
        (Some(one), true) => one,
        (Some(one), false) => {
            meant.push(one);
            return Err(several(text, &meant));
        }
    };
    let found = app.history_of(owner, one.of, one.media).await;
    let Some(found) = found.map_err(BrowseError::Store)? else {
        return Err(none(text));
    };
    let romaji = found.now.as_ref().and_then(|entry| {
        let media = entry.summary.as_ref()?;
        let name = media.titles.preferred(&Style::default().titles)?;
        Some(name.to_owned())
    });
    output.result(
        "title",
        || {
            json!({
                "mediaId": found.media.get(),
                "type": found.media_type.as_str(),
                "title": romaji.or(found.title.clone()),
                "now": found.now.as_ref().map(entry_json),
                "changes": found.changes.iter().map(change_json).collect::<Vec<_>>(),
            })
        },
        || text_of(output, &style, &one, &found),
    );
    Ok(0)
}

fn text_of(output: &Output, style: &Style, title: &Title, found: &TitleHistory) -> String {
    let newest = found.changes.first();
    let name = match (&found.now, newest) {
        (Some(now), _) => title_of(now, &style.titles),
        (None, Some(row)) => called(&row.change, &style.titles),
        (None, None) => title.name.clone(),
    };
    let now = match &found.now {
        Some(now) => summary_of(now, &style.scores),
        None => "not on the list".to_owned(),
    };
    let mut lines = vec![format!("{name}: {now}")];
    let rows = found.changes.iter();
    let ids = Ids::of(rows.clone().map(|row| row.id.as_str()));
    lines.extend(rows.map(|row| format!("  {}", line(output, style, row, &ids))));
    if found.changes.is_empty() {
        lines.push("  No change of it was seen.".to_owned());
    }
    lines.join("\n")
}

/// A title that may be meant.
struct Title {
    of: MediaType,
    media: MediaId,
    name: String,
    /// All its names in small letters.
    names: Vec<String>,
}

impl Title {
    fn listed(entry: &Entry, style: &Style) -> Self {
        let titles = entry.summary.as_ref().map(|media| &media.titles);
        let names = titles
            .into_iter()
            .flat_map(|titles| [&titles.romaji, &titles.english, &titles.native]);
        Self {
            of: entry.media_type,
            media: entry.media,
            name: title_of(entry, &style.titles),
            names: names.flatten().map(|name| name.to_lowercase()).collect(),
        }
    }

    fn gone(gone: GoneTitle) -> Self {
        let unnamed = || format!("{} {}", gone.media_type.word(), gone.media);
        Self {
            of: gone.media_type,
            media: gone.media,
            name: gone.title.unwrap_or_else(unnamed),
            names: gone.names.lines().map(str::to_owned).collect(),
        }
    }
}

/// Titles that are or were on the list, by an address, an id or a name; of parts of names only where no
/// name is exactly so.
async fn meant(app: &App, owner: UserId, style: &Style, text: &str) -> Result<Vec<Title>, Failure> {
    let listed = app.last_seen(owner).await.map_err(BrowseError::Store)?;
    let listed = listed.map(|(_, entries)| entries).unwrap_or_default();
    let gone = app.gone_titles(owner).await.map_err(BrowseError::Store)?;
    let all = listed.iter().map(|entry| Title::listed(entry, style));
    let mut all: Vec<_> = all.chain(gone.into_iter().map(Title::gone)).collect();
    if let Some((of, id)) = address(text) {
        all.retain(|title| title.of == of && title.media.get() == id);
        return Ok(all);
    }
    let name = text.trim().to_lowercase();
    let id = name.parse().ok();
    let is_exactly = |title: &Title| Some(title.media.get()) == id || title.names.contains(&name);
    let is_partly = |title: &Title| {
        let mut names = title.names.iter();
        !name.is_empty() && names.any(|known| known.contains(&name))
    };
    if all.iter().any(is_exactly) {
        all.retain(is_exactly);
    } else {
        all.retain(is_partly);
    }
    all.sort_by_cached_key(|title| title.name.to_lowercase());
    Ok(all)
}

/// What an address on AniList leads to.
fn address(text: &str) -> Option<(MediaType, u32)> {
    let mut parts = text.trim().split('/');
    parts.find(|part| part.ends_with("anilist.co"))?;
    let of = match parts.next()? {
        "anime" => MediaType::Anime,
        "manga" => MediaType::Manga,
        _ => return None,
    };
    let id = parts.next()?.split(['?', '#']).next()?.parse();
    Some((of, id.ok()?))
}

fn none(text: &str) -> Failure {
    Failure {
        code: Code::NotFound.as_str(),
        status: Code::NotFound.exit_status(),
        message: format!("there is and was no title `{text}` on the list"),
        hint: Some(
            "A title is named by its id, its address on AniList, or a part of one of its names."
                .to_owned(),
        ),
    }
}

fn several(text: &str, meant: &[Title]) -> Failure {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for title in meant.iter().take(LISTED) {
        let (kind, id) = (title.of.word(), title.media.to_string());
        table.add_row([title.name.as_str(), kind, &id]);
    }
    let mut message = format!(
        "`{text}` may be any of {}:\n{}",
        count(meant.len(), "title"),
        table.trim_fmt()
    );
    if meant.len() > LISTED {
        let rest = thousands(meant.len() - LISTED);
        message = format!("{message}\nand {rest} more");
    }
    let first = meant.first().map(|title| {
        let kind = title.of.as_str().to_lowercase();
        format!("anirewind title anilist.co/{kind}/{}", title.media)
    });
    Failure {
        hint: first.map(|first| {
            format!("Type more of the name, its id, or its address on AniList: {first}")
        }),
        ..Failure::usage(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_no_name() {
        let anime = Some((MediaType::Anime, 457));
        for text in [
            "https://anilist.co/anime/457/Mushishi/",
            "anilist.co/anime/457?x",
            " https://anilist.co/anime/457/86 ",
        ] {
            assert_eq!(address(text), anime, "{text}");
        }
        for text in ["Fate/Zero", "457", "anilist.co/user/457", "86/87"] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}

//! What is wrong with the set-up, in words, each with what to do.

use crate::app::App;
use crate::explain::Explain;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// What was found.
    pub finding: Finding,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be; says how.
    Fine(String),
    /// Something somebody should do something about.
    Wrong {
        /// What is wrong.
        problem: String,
        /// What still holds and what to do.
        hint: Option<String>,
    },
}

impl Check {
    fn fine(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            finding: Finding::Fine(found.into()),
        }
    }

    fn wrong(what: impl Into<String>, error: &dyn Explain) -> Self {
        let finding = Finding::Wrong {
            problem: error.chain(),
            hint: error.hint(),
        };
        Self {
            what: what.into(),
            finding,
        }
    }

    /// Whether nothing needs doing.
    pub fn is_fine(&self) -> bool {
        matches!(self.finding, Finding::Fine(_))
    }
}

impl App {
    /// Looks at everything that has to be right. Asks AniList once for each account, writes
    /// nothing there.
    pub async fn doctor(&self) -> Vec<Check> {
        let mut checks = vec![self.check_settings()];
        checks.extend([self.check_folder().await, self.check_catalogue().await]);
        checks.push(self.check_snapshots().await);
        checks.extend(self.check_accounts().await);
        checks
    }

    fn check_settings(&self) -> Check {
        let what = "settings";
        match self.settings().open_secrets() {
            None => Check::fine(what, "in force"),
            Some(config) => Check {
                what: what.to_owned(),
                finding: Finding::Wrong {
                    problem: format!(
                        "{} holds secrets, and others on this machine can read it",
                        config.display()
                    ),
                    hint: Some(format!("chmod 600 {}", config.display())),
                },
            },
        }
    }

    async fn check_folder(&self) -> Check {
        let data = self.settings().data.clone();
        let shown = data.display().to_string();
        let probed =
            tokio::task::spawn_blocking(move || tempfile::NamedTempFile::new_in(&data)).await;
        match probed {
            Ok(Ok(_)) => Check::fine("data folder", format!("{shown} can be written")),
            Ok(Err(error)) => Check {
                what: "data folder".to_owned(),
                finding: Finding::Wrong {
                    problem: format!("{shown} cannot be written: {error}"),
                    hint: Some("No snapshot can be taken until it can.".to_owned()),
                },
            },
            Err(error) => Check {
                what: "data folder".to_owned(),
                finding: Finding::Wrong {
                    problem: error.to_string(),
                    hint: None,
                },
            },
        }
    }

    async fn check_catalogue(&self) -> Check {
        let what = "catalogue";
        match self.inner.store.check().await {
            Ok(None) => Check::fine(what, "SQLite finds nothing wrong with it"),
            Ok(Some(problem)) => Check {
                what: what.to_owned(),
                finding: Finding::Wrong {
                    problem,
                    hint: Some(format!(
                        "The snapshots are files of their own and not affected. Stop everything, \
                         move {} away, and it is made anew from them.",
                        self.inner.store.path().display()
                    )),
                },
            },
            Err(error) => Check::wrong(what, &crate::find::BrowseError::Store(error)),
        }
    }

    async fn check_snapshots(&self) -> Check {
        let what = "snapshots";
        let report = match self.verify(None).await {
            Err(error) => return Check::wrong(what, &error),
            Ok(report) => report,
        };
        if report.damaged.is_empty() {
            let folder = self.backups().display().to_string();
            let found = format!("{} in {folder}, each read and proven", report.read);
            return Check::fine(what, found);
        }
        let problems = report.damaged.iter().map(|file| file.problem.clone());
        Check {
            what: what.to_owned(),
            finding: Finding::Wrong {
                problem: problems.collect::<Vec<_>>().join("; "),
                hint: Some(
                    "These cannot be used. All others can, and no old one is removed meanwhile."
                        .to_owned(),
                ),
            },
        }
    }

    async fn check_accounts(&self) -> Vec<Check> {
        let targets = match self.targets(None).await {
            Ok(targets) => targets,
            Err(error) => return vec![Check::wrong("accounts", &error)],
        };
        let mut checks = Vec::new();
        for target in targets {
            let name = target
                .profile
                .clone()
                .unwrap_or_else(|| "token handed in".to_owned());
            let what = format!("account {name}");
            checks.push(match self.check_account(&target).await {
                Err(error) => Check::wrong(what, &error),
                Ok(row) => {
                    if row.public {
                        let found = format!(
                            "AniList shows the list of {} without a token; private titles are not \
                             seen, and nothing can be brought back",
                            row.account.name
                        );
                        checks.push(Check::fine(what, found));
                        continue;
                    }
                    let ends = row.token_expires_at.map_or_else(
                        || "the token does not say when it ends".to_owned(),
                        |at| format!("the token ends on {}", at.date()),
                    );
                    Check::fine(
                        what,
                        format!("AniList knows it as {}; {ends}", row.account.name),
                    )
                }
            });
        }
        checks
    }
}

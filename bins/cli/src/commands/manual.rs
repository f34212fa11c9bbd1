//! `man`

use clap::CommandFactory as _;
use clap_mangen::Man;
use serde_json::json;

use crate::arguments::Arguments;
use crate::output::{Failure, Output};

/// Prints the pages of a command and of all below it.
pub(crate) fn print(output: &Output, words: &[String]) -> Result<u8, Failure> {
    let mut root = Arguments::command();
    // Pages are called by the whole command, and tell of the flags of all of them.
    root.build();
    let mut command = &root;
    for word in words {
        let below = command.find_subcommand(word);
        let below = below.filter(|below| !below.is_hide_set());
        command = below.ok_or_else(|| {
            let words = words.join(" ");
            Failure::usage(format!(
                "there is no command `{words}`; `anirewind --help` lists those that there are"
            ))
        })?;
    }
    let mut pages = Vec::new();
    render(command, &mut pages).map_err(|error| {
        // They are made in memory.
        Failure::failed(format!("cannot make the pages: {error}"))
    })?;
    let text = String::from_utf8_lossy(&pages).into_owned();
    output.result("man", || json!(text), || text.trim_end().to_owned());
    Ok(0)
}

fn render(command: &clap::Command, pages: &mut Vec<u8>) -> std::io::Result<()> {
    Man::new(command.clone()).render(pages)?;
    let below = command.get_subcommands();
    let shown = below.filter(|below| !below.is_hide_set() && below.get_name() != "help");
    for below in shown {
        render(below, pages)?;
    }
    Ok(())
}

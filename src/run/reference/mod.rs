//! The commands that print what `completions/` and `man/` hold.

mod scripts;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use clap::CommandFactory;
use clap_complete::Shell as Generator;

use super::session::Session;
use crate::cli::tools::{CompletionsArgs, ManArgs};
use crate::cli::{Cli, Shell};
use crate::error::exit;
use scripts::completion;

/// `completions`
pub fn completions(session: &mut Session, args: &CompletionsArgs) -> Result<u8> {
    match (&args.dir, args.shell) {
        (Some(dir), _) => write_all(dir, completion_files())?,
        (None, Some(shell)) => session.out.plain(&completion(generator(shell)))?,
        (None, None) => {}
    }
    Ok(exit::DONE)
}

/// `man`
pub fn man(session: &mut Session, args: &ManArgs) -> Result<u8> {
    let pages = man_pages()?;
    if let Some(dir) = &args.dir {
        write_all(dir, pages)?;
        return Ok(exit::DONE);
    }
    let name = args
        .command
        .as_deref()
        .map_or_else(|| "ptw-hooks.1".to_owned(), |name| format!("ptw-hooks-{name}.1"));
    let page = pages.into_iter().find(|(file, _)| *file == name).ok_or_else(|| {
        anyhow!(
            "there is no command `{}`; `ptw-hooks --help` lists them",
            args.command.as_deref().unwrap_or_default()
        )
    })?;
    session.out.plain(&page.1)?;
    Ok(exit::DONE)
}

/// The completion scripts of all shells by their file names.
fn completion_files() -> Vec<(String, String)> {
    [
        (Generator::Bash, "ptw-hooks.bash"),
        (Generator::Zsh, "_ptw-hooks"),
        (Generator::Fish, "ptw-hooks.fish"),
        (Generator::PowerShell, "_ptw-hooks.ps1"),
        (Generator::Elvish, "ptw-hooks.elv"),
    ]
    .map(|(shell, file)| (file.to_owned(), completion(shell)))
    .to_vec()
}

fn generator(shell: Shell) -> Generator {
    match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
        Shell::PowerShell => Generator::PowerShell,
        Shell::Elvish => Generator::Elvish,
    }
}

/// A page for the program and one for each command, by their file names.
fn man_pages() -> Result<Vec<(String, String)>> {
    let mut command = Cli::command();
    command.build();
    let mut pages = vec![("ptw-hooks.1".to_owned(), man_page(command.clone())?)];
    pages_below(&command, "ptw-hooks", &mut pages)?;
    Ok(pages)
}

/// The page of each command below this one: `ptw-hooks-token.1`, then `ptw-hooks-token-create.1`.
fn pages_below(command: &clap::Command, above: &str, pages: &mut Vec<(String, String)>) -> Result<()> {
    for sub in command.get_subcommands() {
        let name = format!("{above}-{}", sub.get_name());
        pages.push((format!("{name}.1"), man_page(sub.clone())?));
        pages_below(sub, &name, pages)?;
    }
    Ok(())
}

fn man_page(command: clap::Command) -> Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn write_all(dir: &Path, files: Vec<(String, String)>) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create `{}`", dir.display()))?;
    for (name, content) in files {
        let path = dir.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

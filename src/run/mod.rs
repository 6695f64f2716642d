//! From a command to a verb to its output. Here the environment, the terminal and the zone are read.

mod actor;
mod batch;
mod complete;
mod definitions;
mod demo;
mod events;
mod follow;
mod input;
mod listen;
mod log;
mod reference;
mod references;
mod retry;
mod rotation;
#[cfg(feature = "serve")]
mod serve;
mod session;
mod signals;
mod stats;
mod tokens;
mod upkeep;
mod verify;
mod webhooks;
mod zone;

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};

use anyhow::Result;
use clap::Parser;

use crate::cli::{Cli, Command};
use crate::config::{self, Color, Config, Flags};
use crate::error::{Error, exit};
use crate::output::{Look, Output};
use session::{Notes, Session};

/// Runs one command line and returns its exit code.
pub fn command_line(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(rest) = args.get(1..).and_then(|args| args.strip_prefix(&[OsString::from("complete")])) {
        return complete::complete(rest);
    }
    let cli = match Cli::try_parse_from(asked(args)) {
        Ok(cli) => cli,
        Err(error) => {
            // Whoever closed the pipe has seen enough.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(exit::USAGE);
        }
    };
    let stderr = io::stderr();
    // Until the configuration is read, which may have a word in this.
    let color = config::color(cli.global.color.as_deref(), &environment).unwrap_or(Color::Auto);
    let colored = colored(color, stderr.is_terminal());
    let mut notes = Notes::new(Box::new(stderr), cli.global.quiet, cli.global.verbose, colored);
    let mut stdout = BufWriter::new(io::stdout().lock());
    let result = run(cli, &mut stdout, &mut notes);
    // What was printed before an error belongs to the user too.
    let result = stdout.flush().map_err(Into::into).and(result);
    match result {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => exit::DONE,
        Err(error) => {
            let code = exit_code(&error);
            notes.error(&if is_bare_io(&error) {
                error.context("cannot write to standard output")
            } else {
                error
            });
            code
        }
    }
}

/// `help COMMAND` as `COMMAND --help`: many try it first. A subcommand of clap's would bring a page and completions of
/// its own for every command.
fn asked(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_some_and(|first| first == "help") {
        args.remove(1);
        args.push("--help".into());
    }
    args
}

fn run(cli: Cli, stdout: &mut dyn Write, notes: &mut Notes) -> Result<u8> {
    let global = cli.global;
    let flags = Flags { db: global.db, config: global.config, output: global.output, color: global.color };
    let config = config::load(flags, &environment)?;
    notes.color(colored(config.color, io::stderr().is_terminal()));
    let out = Output::new(stdout, config.output, look(&config));
    let mut session = Session { config, out, notes };
    match cli.command {
        Command::Create(args) => webhooks::create(&mut session, args),
        Command::List(args) => webhooks::list(&mut session, &args),
        Command::Show(args) => webhooks::show(&mut session, &args),
        Command::Update(args) => webhooks::update(&mut session, args),
        Command::Enable(args) => webhooks::set_enabled(&mut session, &args.webhook, true),
        Command::Disable(args) => webhooks::set_enabled(&mut session, &args.webhook, false),
        Command::Pause(args) => webhooks::set_paused(&mut session, &args.webhook, true),
        Command::Resume(args) => webhooks::set_paused(&mut session, &args.webhook, false),
        Command::RotateSecret(args) => rotation::rotate_secret(&mut session, args),
        Command::Delete(args) => webhooks::delete(&mut session, &args),
        Command::Export(args) => definitions::export(&mut session, &args),
        Command::Diff(args) => definitions::diff(&mut session, &args),
        Command::Apply(args) => definitions::apply(&mut session, &args),
        Command::Events(_) => events::catalogue(&mut session),
        Command::Emit(args) => events::emit(&mut session, args),
        Command::Test(args) => events::test(&mut session, &args),
        Command::Deliveries(args) => log::deliveries(&mut session, &args),
        Command::Stats(args) => stats::stats(&mut session, &args),
        Command::Inspect(args) => log::inspect(&mut session, &args),
        Command::Explain(args) => log::explain(&mut session, &args),
        Command::Retry(args) => retry::retry(&mut session, &args),
        Command::Redeliver(args) => retry::redeliver(&mut session, args),
        Command::Replay(args) => retry::replay(&mut session, args),
        Command::Prune(args) => upkeep::prune(&mut session, &args),
        Command::Backup(args) => upkeep::backup(&mut session, &args),
        Command::Check(_) => upkeep::check(&mut session),
        Command::Doctor(args) => upkeep::doctor(&mut session, args),
        Command::Token(args) => tokens::token(&mut session, args.command),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::serve(&mut session, args),
        Command::Verify(args) => verify::verify(&mut session, &args),
        Command::Listen(args) => listen::listen(&mut session, &args),
        Command::Demo(_) => demo::demo(&mut session),
        Command::Completions(args) => reference::completions(&mut session, &args),
        Command::Man(args) => reference::man(&mut session, &args),
    }
}

/// The value of an environment variable that is set and not empty.
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn colored(color: Color, terminal: bool) -> bool {
    match color {
        Color::Auto => terminal,
        Color::Always => true,
        Color::Never => false,
    }
}

fn look(config: &Config) -> Look {
    let terminal = io::stdout().is_terminal();
    Look {
        color: colored(config.color, terminal),
        width: terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0),
        zone: zone::local(),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io =
        |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<io::Error>().map(io::Error::kind);
    error.chain().any(|cause| io(cause) == Some(io::ErrorKind::BrokenPipe))
}

/// Verbs return our own error. A bare I/O error comes from standard output; everything else comes from
/// reading arguments, files and configuration, and says so.
fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Error>() {
        Some(error) => error.exit_code(),
        None if is_bare_io(error) => exit::FAILURE,
        None => exit::USAGE,
    }
}

fn is_bare_io(error: &anyhow::Error) -> bool {
    error.chain().next().is_some_and(<dyn std::error::Error>::is::<io::Error>)
}

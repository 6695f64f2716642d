//! The binary: runs the command line and ends with its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(ptw_hooks::run::command_line(std::env::args_os()))
}

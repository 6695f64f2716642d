//! What a command reads beside its arguments: secrets, bodies and data, from files or standard input.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use super::environment;
use crate::error::Error;
use crate::signature::Secret;

/// A file with a secret is not longer than this, in bytes.
const LONGEST_SECRET_FILE: u64 = 4096;
/// A file with headers is not longer than this, in bytes.
const LONGEST_HEADER_FILE: u64 = 64 * 1024;

/// The bytes of a file, or of standard input for `-`; at most `limit` of them.
///
/// # Errors
/// A sentence that names the file.
pub fn read(path: &Path, what: &str, limit: u64) -> Result<Vec<u8>> {
    let stdin = path == Path::new("-");
    let mut bytes = Vec::new();
    if stdin {
        if io::stdin().is_terminal() {
            bail!("cannot read {what} from a terminal; pipe it in, or name a file");
        }
        io::stdin()
            .lock()
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| anyhow!("cannot read {what} from standard input: {error}"))?;
    } else {
        // As a sentence and not as an error of the system: the file was the wrong one to name.
        let unreadable = |error: io::Error| anyhow!("cannot read {what} from `{}`: {error}", path.display());
        File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    }
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        bail!("cannot read {what}: it has more than {limit} bytes");
    }
    Ok(bytes)
}

/// The same as text.
///
/// # Errors
/// As [`read`], and where it is not UTF-8.
pub fn read_text(path: &Path, what: &str, limit: u64) -> Result<String> {
    String::from_utf8(read(path, what, limit)?).map_err(|_| anyhow!("cannot read {what}: it is not UTF-8"))
}

/// The secret that somebody chose, if they did: on the command line or in a file.
///
/// # Errors
/// As [`read`], and where it cannot be a secret.
pub fn secret(given: Option<String>, file: Option<&Path>) -> Result<Option<Secret>> {
    let text = match (given, file) {
        (Some(text), _) => text,
        (None, Some(path)) => secret_file(path)?,
        (None, None) => return Ok(None),
    };
    let secret = Secret::new(text).map_err(|problem| Error::Invalid(vec![problem]))?;
    Ok(Some(secret))
}

/// The content of a secret file, without the line break at its end that editors add.
///
/// # Errors
/// As [`read`].
pub fn secret_file(path: &Path) -> Result<String> {
    Ok(without_line_break(&read_text(path, "the secret", LONGEST_SECRET_FILE)?).to_owned())
}

/// The lines of a file with headers, but for blank ones.
///
/// # Errors
/// As [`read`].
pub fn header_file(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path, "the headers", LONGEST_HEADER_FILE)?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(ToOwned::to_owned).collect())
}

/// The text without the line break at its end.
pub fn without_line_break(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}

/// The secret in `PTW_HOOKS_SECRET`, if it is set.
///
/// # Errors
/// Where it is not UTF-8.
pub fn secret_variable() -> Result<Option<String>> {
    environment("PTW_HOOKS_SECRET")
        .map(|value| {
            value.into_string().map_err(|_| anyhow!("`PTW_HOOKS_SECRET` cannot be used: it is not UTF-8"))
        })
        .transpose()
}

//! The configuration file: its members, how it is read, and the variables that stand above it.

use std::fs::File as Opened;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use serde::Deserialize;

use super::Environment;

/// The file, every member optional.
#[expect(clippy::struct_field_names, reason = "`ca_file` is what the setting is called")]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub db: Option<PathBuf>,
    pub output: Option<String>,
    pub color: Option<String>,
    pub timeout: Option<String>,
    pub retry_schedule: Option<Vec<String>>,
    pub ca_file: Option<PathBuf>,
    pub deny_private: Option<bool>,
    pub allow: Option<Vec<String>>,
    pub deny: Option<Vec<String>>,
    pub proxy: Option<String>,
    pub no_proxy: Option<Vec<String>>,
    pub proxy_egress: Option<String>,
    pub retention: Option<String>,
    pub listen: Option<String>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub public_url: Option<String>,
    pub metrics_public: Option<bool>,
    pub log_format: Option<String>,
    pub on_failure: Option<Failure>,
}

/// The table `on_failure` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    pub command: Option<Vec<String>>,
    pub webhook: Option<String>,
    pub failures: Option<u64>,
    pub time: Option<String>,
}

/// The file has at most so many bytes.
const LARGEST: u64 = 1024 * 1024;

/// The file that was named, or the one at the default place if there is one.
pub fn read_file(named: Option<PathBuf>) -> Result<(File, Option<PathBuf>)> {
    let default = || Some(dirs::config_dir()?.join("ptw-hooks").join("config.toml"));
    let (path, must_exist) = match named {
        Some(path) => (path, true),
        None => match default() {
            Some(path) => (path, false),
            None => return Ok((File::default(), None)),
        },
    };
    match read_text(&path) {
        Ok(text) => {
            let file = toml::from_str(&text).map_err(|error| {
                anyhow!(
                    "cannot use the configuration `{}`: {}",
                    path.display(),
                    without_password(&error, &text)
                )
            })?;
            Ok((file, Some(path)))
        }
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => Ok((File::default(), None)),
        Err(error) => Err(anyhow!("cannot read the configuration `{}`: {error}", path.display())),
    }
}

/// The text of a file, which may be a device that never ends.
fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let length = Opened::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if u64::try_from(length).is_ok_and(|length| length <= LARGEST) {
        Ok(text)
    } else {
        Err(io::Error::new(ErrorKind::InvalidData, format!("it has more than {LARGEST} bytes")))
    }
}

/// What is wrong, with the line that it is in; a line that may have the password of a proxy in it is only numbered.
fn without_password(error: &toml::de::Error, text: &str) -> String {
    let shown = error.to_string();
    if !shown.contains('@') {
        return shown.trim().to_owned();
    }
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {} is not what is expected there", before.matches('\n').count() + 1)
}

pub fn overlay(file: &mut File, environment: Environment) -> Result<()> {
    let text = |name: &str| -> Result<Option<String>> {
        environment(name)
            .map(|value| value.into_string().map_err(|_| anyhow!("`{name}` cannot be used: it is not UTF-8")))
            .transpose()
    };
    let list = |value: String| {
        value.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
    };
    if let Some(db) = environment("PTW_HOOKS_DB") {
        file.db = Some(db.into());
    }
    if let Some(ca_file) = environment("PTW_HOOKS_CA_FILE") {
        file.ca_file = Some(ca_file.into());
    }
    file.output = text("PTW_HOOKS_OUTPUT")?.or(file.output.take());
    file.color = text("PTW_HOOKS_COLOR")?.or(file.color.take());
    file.timeout = text("PTW_HOOKS_TIMEOUT")?.or(file.timeout.take());
    file.retry_schedule = text("PTW_HOOKS_RETRY_SCHEDULE")?.map(list).or(file.retry_schedule.take());
    file.allow = text("PTW_HOOKS_ALLOW")?.map(list).or(file.allow.take());
    file.deny = text("PTW_HOOKS_DENY")?.map(list).or(file.deny.take());
    file.proxy = text("PTW_HOOKS_PROXY")?.or(file.proxy.take());
    file.no_proxy = text("PTW_HOOKS_NO_PROXY")?.map(list).or(file.no_proxy.take());
    file.proxy_egress = text("PTW_HOOKS_PROXY_EGRESS")?.or(file.proxy_egress.take());
    file.retention = text("PTW_HOOKS_RETENTION")?.or(file.retention.take());
    let truth = |name: &str| -> Result<Option<bool>> {
        let parse = |value: String| {
            value.parse().map_err(|_| anyhow!("`{name}` cannot be `{value}`: it is true or false"))
        };
        text(name)?.map(parse).transpose()
    };
    file.deny_private = truth("PTW_HOOKS_DENY_PRIVATE")?.or(file.deny_private);
    file.metrics_public = truth("PTW_HOOKS_METRICS_PUBLIC")?.or(file.metrics_public);
    file.listen = text("PTW_HOOKS_LISTEN")?.or(file.listen.take());
    file.public_url = text("PTW_HOOKS_PUBLIC_URL")?.or(file.public_url.take());
    file.log_format = text("PTW_HOOKS_LOG_FORMAT")?.or(file.log_format.take());
    file.tls_cert = environment("PTW_HOOKS_TLS_CERT").map(PathBuf::from).or(file.tls_cert.take());
    file.tls_key = environment("PTW_HOOKS_TLS_KEY").map(PathBuf::from).or(file.tls_key.take());
    Ok(())
}

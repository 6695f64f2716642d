//! The configuration: flags before `PTW_HOOKS_*` variables before the file before defaults. Reads the file
//! and what it points to; the environment is handed in.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use ipnet::IpNet;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

use crate::hooks::{OnFailure, Recipient, Settings};
use crate::incident::Threshold;
use crate::output::Format;
use crate::sender::{EgressPolicy, Proxy};
use crate::time;
use crate::upkeep::Age;
use crate::webhook::{Schedule, TIMEOUTS, wait};

/// How the environment is read: the value of a variable, if it is set and not empty.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The flags that stand above everything else.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--db`
    pub db: Option<PathBuf>,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--output`
    pub output: Option<Format>,
    /// `--color`
    pub color: Option<String>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// What can be configured of `serve`.
#[derive(Debug, Clone, Default)]
pub struct Serve {
    /// The address and the port to listen at.
    pub listen: Option<String>,
    /// The certificate chain.
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate.
    pub tls_key: Option<PathBuf>,
    /// What clients call the server, where it stands behind another.
    pub public_url: Option<String>,
    /// Whether its figures need no token.
    pub metrics_public: bool,
    /// The form of its log.
    pub log_format: Option<String>,
}

/// Everything that can be configured.
#[derive(Debug)]
pub struct Config {
    /// The database file; `None` where the system names no data directory.
    pub db: Option<PathBuf>,
    /// The configuration file that was read.
    pub file: Option<PathBuf>,
    /// Whether that has the password of a proxy in it.
    pub holds_password: bool,
    /// The form of what is printed.
    pub output: Format,
    /// When to colour.
    pub color: Color,
    /// What the product works with.
    pub settings: Settings,
    /// How it is served.
    pub serve: Serve,
}

/// The file, every member optional.
#[expect(clippy::struct_field_names, reason = "`ca_file` is what the setting is called")]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    db: Option<PathBuf>,
    output: Option<String>,
    color: Option<String>,
    timeout: Option<String>,
    retry_schedule: Option<Vec<String>>,
    ca_file: Option<PathBuf>,
    deny_private: Option<bool>,
    allow: Option<Vec<String>>,
    deny: Option<Vec<String>>,
    proxy: Option<String>,
    no_proxy: Option<Vec<String>>,
    proxy_egress: Option<String>,
    retention: Option<String>,
    listen: Option<String>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    public_url: Option<String>,
    metrics_public: Option<bool>,
    log_format: Option<String>,
    on_failure: Option<Failure>,
}

/// The table `on_failure` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    command: Option<Vec<String>>,
    webhook: Option<String>,
    failures: Option<u64>,
    time: Option<String>,
}

/// Puts the configuration together.
///
/// # Errors
/// A sentence that names the file or the variable and what is wrong with it.
pub fn load(flags: Flags, environment: Environment) -> Result<Config> {
    let named = flags.config.or_else(|| environment("PTW_HOOKS_CONFIG").map(PathBuf::from));
    let (mut file, path) = read_file(named)?;
    // Paths in the file are meant relative to it.
    let beside = path.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    file.db = file.db.map(|db| beside.join(db));
    file.ca_file = file.ca_file.map(|ca| beside.join(ca));
    file.tls_cert = file.tls_cert.map(|chain| beside.join(chain));
    file.tls_key = file.tls_key.map(|key| beside.join(key));
    overlay(&mut file, environment)?;

    // Where a value that cannot be used came from.
    let from = |variable: &str| match &path {
        Some(path) if environment(variable).is_none() => format!("cannot use `{}`", path.display()),
        _ => format!("cannot use `{variable}`"),
    };
    let output = match (flags.output, file.output) {
        (Some(format), _) => format,
        (None, Some(name)) => format(&name).with_context(|| from("PTW_HOOKS_OUTPUT"))?,
        (None, None) => Format::default(),
    };
    let chosen = flags.color.or(file.color);
    let color = color(chosen.as_deref(), environment).with_context(|| from("PTW_HOOKS_COLOR"))?;
    let timeout = file.timeout.map(|text| timeout(&text)).transpose();
    let schedule = file.retry_schedule.map(|waits| schedule(&waits)).transpose();
    let retention = file.retention.map(|text| retention(&text)).transpose();
    let on_failure = on_failure(file.on_failure.unwrap_or_default(), &beside);
    let roots = file.ca_file.map(|path| certificates(&path)).transpose();
    let egress = EgressPolicy {
        deny_private: file.deny_private.unwrap_or(false),
        allow: networks("allow", file.allow).with_context(|| from("PTW_HOOKS_ALLOW"))?,
        deny: networks("deny", file.deny).with_context(|| from("PTW_HOOKS_DENY"))?,
    };
    let proxy_in_file = file.proxy.is_some() && environment("PTW_HOOKS_PROXY").is_none();
    let proxy =
        file.proxy.map(|url| Proxy::new(&url, file.no_proxy.as_deref()).map_err(Error::msg)).transpose();
    let proxy = proxy.with_context(|| from("PTW_HOOKS_PROXY"))?;
    acknowledged(file.proxy_egress.as_deref(), proxy.as_ref(), &egress)
        .with_context(|| from("PTW_HOOKS_PROXY_EGRESS"))?;
    Ok(Config {
        holds_password: proxy_in_file && proxy.as_ref().is_some_and(Proxy::has_credentials),
        db: flags.db.or(file.db).or_else(|| Some(dirs::data_dir()?.join("ptw-hooks").join("ptw-hooks.db"))),
        output,
        color,
        settings: Settings {
            timeout: timeout
                .with_context(|| from("PTW_HOOKS_TIMEOUT"))?
                .unwrap_or(Settings::default().timeout),
            schedule: schedule.with_context(|| from("PTW_HOOKS_RETRY_SCHEDULE"))?.unwrap_or_default(),
            egress,
            proxy,
            extra_roots: roots.with_context(|| from("PTW_HOOKS_CA_FILE"))?.unwrap_or_default(),
            retention: retention.with_context(|| from("PTW_HOOKS_RETENTION"))?,
            on_failure: on_failure.with_context(|| from("on_failure"))?,
        },
        serve: Serve {
            listen: file.listen,
            tls_cert: file.tls_cert,
            tls_key: file.tls_key,
            public_url: file.public_url,
            metrics_public: file.metrics_public.unwrap_or(false),
            log_format: file.log_format,
        },
        file: path,
    })
}

/// When to colour, from what was chosen for us in particular and what holds for every program.
///
/// # Errors
/// A sentence that says what can be chosen.
pub fn color(chosen: Option<&str>, environment: Environment) -> Result<Color> {
    match chosen {
        Some("always") => Ok(Color::Always),
        Some("never") => Ok(Color::Never),
        // https://no-color.org: any value that is not empty, unless the user says otherwise.
        None if environment("NO_COLOR").is_some() => Ok(Color::Never),
        None | Some("auto") => Ok(Color::Auto),
        Some(other) => bail!("color cannot be `{other}`: it is auto, always or never"),
    }
}

/// The file that was named, or the one at the default place if there is one.
fn read_file(named: Option<PathBuf>) -> Result<(File, Option<PathBuf>)> {
    let default = || Some(dirs::config_dir()?.join("ptw-hooks").join("config.toml"));
    let (path, must_exist) = match named {
        Some(path) => (path, true),
        None => match default() {
            Some(path) => (path, false),
            None => return Ok((File::default(), None)),
        },
    };
    match fs::read_to_string(&path) {
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

/// What is wrong, with the line that it is in; a line that may have the password of a proxy in it is only numbered.
fn without_password(error: &toml::de::Error, text: &str) -> String {
    let shown = error.to_string();
    if !shown.contains('@') {
        return shown.trim().to_owned();
    }
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {} is not what is expected there", before.matches('\n').count() + 1)
}

fn overlay(file: &mut File, environment: Environment) -> Result<()> {
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

/// With a proxy, the rules for addresses hold for what is reached without it, for addresses that stand in a URL, and for
/// its own; what a name leads to is looked up by the proxy. Whoever has set rules has to know that.
fn acknowledged(egress_of: Option<&str>, proxy: Option<&Proxy>, egress: &EgressPolicy) -> Result<()> {
    match egress_of {
        Some("proxy") => Ok(()),
        Some(other) => bail!("proxy_egress cannot be `{other}`: it is `proxy`, or left out"),
        None if proxy.is_some() && *egress != EgressPolicy::default() => bail!(
            "deny_private, allow and deny cannot be checked for names with `proxy`, which looks them up itself; have the \
             proxy refuse those addresses, and say so with `proxy_egress = \"proxy\"`"
        ),
        None => Ok(()),
    }
}

fn format(name: &str) -> Result<Format> {
    Format::from_name(name)
        .ok_or_else(|| anyhow!("output cannot be `{name}`: it is table, json, ndjson, csv or tsv"))
}

fn timeout(text: &str) -> Result<Duration> {
    time::duration(text)
        .ok()
        .filter(|timeout| TIMEOUTS.contains(timeout) && timeout.subsec_nanos() == 0)
        .ok_or_else(|| anyhow!("timeout cannot be `{text}`: it is from `1s` to `30s`, in whole seconds"))
}

fn schedule(waits: &[String]) -> Result<Schedule> {
    let wait =
        |text: &String| wait(text).map_err(|how| anyhow!("retry_schedule cannot hold `{text}`: {how}"));
    let schedule = Schedule(waits.iter().map(wait).collect::<Result<_>>()?);
    match schedule.fault() {
        Some(fault) => bail!("retry_schedule {fault}"),
        None => Ok(schedule),
    }
}

fn retention(text: &str) -> Result<Age> {
    text.parse().map_err(|how: String| anyhow!("retention cannot be `{text}`: {how}"))
}

fn on_failure(table: Failure, beside: &Path) -> Result<OnFailure> {
    let default = Threshold::default();
    let time = match table.time.as_deref().map(|text| (text, time::duration(text))) {
        None => default.time,
        Some((_, Ok(time))) if !time.is_zero() => time,
        Some((text, _)) => bail!("on_failure.time cannot be `{text}`: it is a duration such as `10m`"),
    };
    let failures = table.failures.unwrap_or(default.failures);
    if failures == 0 {
        bail!("on_failure.failures cannot be `0`: it is how many attempts in a row have to fail");
    }
    let recipient = match (table.command, table.webhook) {
        (Some(_), Some(_)) => bail!("on_failure has both `command` and `webhook`: one of them is told"),
        (Some(mut command), None) => {
            let Some(program) = command.first_mut().filter(|program| !program.is_empty()) else {
                bail!(
                    "on_failure.command is empty: write the program and its arguments, such as `[\"/usr/local/bin/page\", \"ops\"]`"
                );
            };
            // With a path, as others of the file; without one it is looked for in `PATH`.
            if program.contains('/') {
                *program = beside.join(&*program).to_string_lossy().into_owned();
            }
            Some(Recipient::Command(command.into_iter().map(OsString::from).collect()))
        }
        (None, webhook) => webhook.map(Recipient::Webhook),
    };
    Ok(OnFailure { threshold: Threshold { failures, time }, recipient })
}

fn networks(name: &str, list: Option<Vec<String>>) -> Result<Vec<IpNet>> {
    let network = |text: String| {
        let single = || text.parse::<IpAddr>().map(IpNet::from).ok();
        text.parse().ok().or_else(single).ok_or_else(|| {
            anyhow!("{name} cannot hold `{text}`: write a network such as `10.0.0.0/8` or an address")
        })
    };
    list.unwrap_or_default().into_iter().map(network).collect()
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let shown = path.display();
    let pem = fs::read(path).map_err(|error| anyhow!("cannot read ca_file `{shown}`: {error}"))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| anyhow!("cannot use ca_file `{shown}`: it is not PEM: {error}"))?;
    if found.is_empty() {
        bail!("cannot use ca_file `{shown}`: there is no certificate in it");
    }
    Ok(found)
}

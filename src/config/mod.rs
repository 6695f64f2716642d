//! The configuration: flags before `PTW_HOOKS_*` variables before the file before defaults. Reads the file
//! and what it points to; the environment is handed in.

mod file;
mod values;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, bail};

use crate::hooks::Settings;
use crate::output::Format;
use crate::sender::{EgressPolicy, Proxy};
use file::{overlay, read_file};

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
        (None, Some(name)) => values::format(&name).with_context(|| from("PTW_HOOKS_OUTPUT"))?,
        (None, None) => Format::default(),
    };
    let chosen = flags.color.or(file.color);
    let color = color(chosen.as_deref(), environment).with_context(|| from("PTW_HOOKS_COLOR"))?;
    let timeout = file.timeout.map(|text| values::timeout(&text)).transpose();
    let schedule = file.retry_schedule.map(|waits| values::schedule(&waits)).transpose();
    let retention = file.retention.map(|text| values::retention(&text)).transpose();
    let on_failure = values::on_failure(file.on_failure.unwrap_or_default(), &beside);
    let roots = file.ca_file.map(|path| values::certificates(&path)).transpose();
    let egress = EgressPolicy {
        deny_private: file.deny_private.unwrap_or(false),
        allow: values::networks("allow", file.allow).with_context(|| from("PTW_HOOKS_ALLOW"))?,
        deny: values::networks("deny", file.deny).with_context(|| from("PTW_HOOKS_DENY"))?,
    };
    let proxy_in_file = file.proxy.is_some() && environment("PTW_HOOKS_PROXY").is_none();
    let proxy =
        file.proxy.map(|url| Proxy::new(&url, file.no_proxy.as_deref()).map_err(Error::msg)).transpose();
    let proxy = proxy.with_context(|| from("PTW_HOOKS_PROXY"))?;
    values::acknowledged(file.proxy_egress.as_deref(), proxy.as_ref(), &egress)
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

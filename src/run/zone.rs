//! The zone in which times are shown.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;

use super::environment;

/// Where systems keep the rules of all zones.
const ZONEINFO: &str = "/usr/share/zoneinfo";

/// The local zone. jiff would find it too, but reads the whole zone database first: a third of what `list`
/// takes. So the two usual cases are read here: no `TZ`, and `TZ` with the name of a zone.
pub fn local() -> TimeZone {
    let direct = match environment("TZ") {
        None => tzif(Path::new("/etc/localtime")),
        Some(name) if is_plain(&name.to_string_lossy()) => tzif(&Path::new(ZONEINFO).join(name)),
        Some(_) => None,
    };
    direct.unwrap_or_else(TimeZone::system)
}

fn tzif(path: &Path) -> Option<TimeZone> {
    TimeZone::tzif("local", &fs::read(path).ok()?).ok()
}

/// Whether it is the name of a zone, and neither a path nor the rules themselves (POSIX, section 8.3).
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.contains("..")
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+'))
}

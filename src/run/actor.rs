//! Who runs this command.

use super::environment;
use crate::webhook::Actor;

/// The user of this process, by the name that the system has for it, and who they were before `sudo`. `USER` and
/// `LOGNAME` are not asked: anybody can set them. `SUDO_USER` can be set as well, by whoever runs the command,
/// which is why it stands in parentheses behind what is certain.
pub fn current() -> Actor {
    let name = user();
    let before = environment("SUDO_USER").and_then(|before| before.into_string().ok());
    Actor::user(match before.filter(|before| is_plain(before) && *before != name) {
        Some(before) => format!("{name} (sudo by {before})"),
        None => name,
    })
}

/// Whether it can be the name of a user, so that nobody can write a sentence of their own there.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '\\' | '$');
    name.chars().count() <= 100 && name.chars().all(plain)
}

#[cfg(unix)]
fn user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let users = std::fs::read("/etc/passwd").unwrap_or_default();
    // Users of a directory service are not in the file; asking that would take C.
    name_of(uid, &String::from_utf8_lossy(&users)).unwrap_or_else(|| format!("uid {uid}"))
}

#[cfg(not(unix))]
fn user() -> String {
    let name = environment("USERNAME").and_then(|name| name.into_string().ok());
    name.unwrap_or_else(|| "unknown".to_owned())
}

/// The name of a user in the form of `/etc/passwd`: `name:password:uid:…`, the first line that has the uid.
#[cfg(unix)]
fn name_of(uid: u32, users: &str) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_the_first_line_with_the_uid() {
        let users = "root:x:0:0:root:/root:/bin/sh\n# note\n:x:7:7\nanna:x:1000:1000::/home/anna:/bin/sh\nbert:x:1000:\n";
        assert_eq!(name_of(0, users).as_deref(), Some("root"));
        assert_eq!(name_of(1000, users).as_deref(), Some("anna"));
        assert_eq!([name_of(7, users), name_of(8, users), name_of(8, "")], [None, None, None]);
    }

    #[test]
    fn a_sentence_is_not_the_name_of_a_user() {
        assert!(["anna", "SITE\\anna", "anna.b@site", "größe"].into_iter().all(is_plain));
        assert!(!["a b", "a)", "a\n", &"x".repeat(101)].into_iter().any(is_plain));
    }
}

//! The whole way of definitions: any webhook is written, read and applied to any other.

use jiff::Timestamp;
use proptest::prelude::*;

use super::members::{checked, declared, replacing};
use super::*;
use crate::event::EventType;
use crate::webhook::{ClientFiles, Header, Schedule, TlsFiles, Webhook, deeds};

/// Any definition of one name and project.
fn any_definition() -> impl Strategy<Value = NewWebhook> {
    let events = prop_oneof![
        Just(vec!["*".to_owned()]),
        prop::sample::subsequence(EventType::CATALOGUE.map(|event| event.name().to_owned()).to_vec(), 0..4),
    ];
    let seconds = |range: std::ops::Range<u64>| range.prop_map(std::time::Duration::from_secs);
    let header = ("[XY]-[a-c]", "[ -~]{0,9}").prop_map(|(name, value)| Header { name, value });
    let settings = (
        prop::option::of(seconds(1..31)),
        prop::option::of(prop::collection::vec(seconds(1..604_801), 0..4).prop_map(Schedule)),
        prop::option::of(
            prop::sample::select(vec!["1/s", "90/m", "7/h"]).prop_map(|rate| rate.parse().unwrap()),
        ),
        prop::collection::vec(header, 0..4),
        (prop::option::of("/[a-c\"]{1,3}"), prop::option::of("/[a-c]{1,3}")).prop_map(|(cert, ca_file)| {
            let client = cert.map(|cert| ClientFiles { key: format!("{cert}.key"), cert });
            TlsFiles { client, ca_file }
        }),
    );
    let secret = "[!-~]{1,20}".prop_map(Secret::unchecked);
    ("https://[a-z]{1,8}/[a-z\"\\\\]{0,5}", secret, events, settings, any::<bool>(), any::<bool>())
        .prop_filter_map(
            "not a definition",
            |(url, secret, events, (timeout, schedule, rate, headers, tls), enabled, ordered)| {
                let (name, project) = ("ERP \"\\ 工場".to_owned(), Some(-5));
                let new = NewWebhook {
                    name,
                    url,
                    secret,
                    project,
                    enabled,
                    events,
                    timeout,
                    headers,
                    schedule,
                    rate,
                    ordered,
                    tls,
                };
                checked(new).ok()
            },
        )
}

fn stored(new: NewWebhook) -> Webhook {
    Webhook { id: 7, ..new.validate(Timestamp::UNIX_EPOCH).unwrap() }
}

/// What a file with this webhook is read as, with all its references found.
fn through_a_file(webhook: &Webhook, json: bool) -> Desired {
    let values: Vec<String> = webhook.headers.iter().map(|header| header.value.clone()).collect();
    let references: Vec<_> =
        (0..values.len()).map(|index| Reference::Variable(format!("H{index}"))).collect();
    let members = vec![members_of(webhook, &Reference::File("s".into()), &references)];
    let text = if json { serde_json::to_string(&document(members)).unwrap() } else { toml(&members) };
    let (mut definitions, problems) = read(&text);
    assert!(problems.is_empty() && definitions.len() == 1, "{problems:?} in {text}");
    let look = |reference: &Reference| match reference {
        Reference::File(_) => Found::Text(webhook.secret.expose().to_owned()),
        Reference::Variable(name) => Found::Text(values[name[1..].parse::<usize>().unwrap()].clone()),
    };
    definitions.remove(0).resolve(look, Secret::unchecked("another".into())).unwrap()
}

proptest! {
    #[test]
    fn any_webhook_becomes_any_other_and_what_differs_is_told(one in any_definition(), other in any_definition(), json: bool) {
        let (one, other) = (stored(one), stored(other));
        let desired = through_a_file(&other, json);
        prop_assert_eq!(&desired.new, &declared(&other));
        let planned = plan(std::slice::from_ref(&desired), std::slice::from_ref(&one), Scope::default()).unwrap();
        let changed = replacing(desired.new.clone()).apply(&one, Timestamp::UNIX_EPOCH).unwrap();
        prop_assert_eq!(declared(&changed), declared(&other));
        // What is told is what the history would have, and nothing where that has nothing.
        let noted: Vec<_> = deeds(&one, &changed).into_iter().flat_map(|(_, fields)| fields).collect();
        let mut told: Vec<String> = planned.steps.iter().flat_map(Step::differences).map(|one| one.member).collect();
        for member in &mut told {
            *member = member.split('.').next().unwrap().to_owned();
        }
        for field in &noted {
            prop_assert!(told.iter().any(|member| member == field), "{} is not in {:?}", field, told);
        }
        prop_assert!(told.iter().all(|member| noted.contains(&member.as_str())), "{:?} and {:?}", told, noted);
        let again = plan(&[desired], &[changed], Scope::default()).unwrap();
        prop_assert_eq!((again.steps, again.unchanged), (Vec::new(), 1));
    }
}

//! Messages as JSON, `patsweep-notification/1`, for programs. `docs/notifications.md` has every
//! field.

use serde_json::{Value, json};

use super::ledger::Fate;
use super::message::{Message, state};
use super::notice::Notice;

/// The name and version of the format.
const SCHEMA: &str = "patsweep-notification/1";

/// The message.
pub(super) fn body(message: &Message) -> Value {
    let tokens = message.tokens.iter();
    let tokens: Vec<_> = tokens
        .map(|(notice, fate)| token(message, notice, *fate))
        .collect();
    json!({
        "schema": SCHEMA,
        "id": message.id,
        "kind": message.kind.as_str(),
        "title": message.title(),
        "at": message.at,
        "plan": message.plan,
        "head": message.head,
        "tokens": tokens,
    })
}

fn token(message: &Message, notice: &Notice, fate: Fate) -> Value {
    let places = message.tells_places(fate).then_some(&notice.places);
    let consumers: Vec<_> = notice.consumers.iter().map(|it| &*it.name).collect();
    json!({
        "c3id": notice.c3id,
        "organization": notice.organization,
        "name": notice.name,
        "redacted": notice.redacted,
        "state": fate.as_str(),
        "message": state(notice, fate),
        "place_count": notice.place_count,
        "places": places,
        "consumers": consumers,
    })
}

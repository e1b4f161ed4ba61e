//! Repeats what was presented, as a careless service would: in errors, and in every field of a
//! usual answer that people write.

use data_encoding::{BASE64, HEXUPPER};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::{Value, json};

use super::call::Call;
use super::reply::{Payload, Reply};
use super::rows;

/// The fields of JSON that hold names, accounts and words, wherever they stand.
const FIELDS: [&str; 12] = [
    "$value",
    "accountName",
    "customDisplayName",
    "displayName",
    "emailAddress",
    "mailAddress",
    "message",
    "name",
    "principalName",
    "providerDisplayName",
    "scope",
    "typeKey",
];

/// What is not encoded in a header.
const HEADER: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b' ')
    .remove(b'+')
    .remove(b'/')
    .remove(b'=')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b':')
    .remove(b'@');

/// Everything that was presented, in every form.
fn forms(call: &Call) -> String {
    let form = call.form();
    let fields = form.iter().filter(|(key, _)| {
        let secret = ["client_secret", "client_assertion"];
        secret.contains(&key.as_str())
    });
    let mut presented: Vec<&str> = fields.map(|(_, value)| value.as_str()).collect();
    presented.extend(call.header("x-identity-header"));
    presented.push(&call.credential);
    let base64 = |text: &str| BASE64.encode(text.as_bytes());
    let mut forms = vec![call.authorization.clone()];
    for secret in presented.into_iter().filter(|secret| !secret.is_empty()) {
        let hex = HEXUPPER.encode(secret.as_bytes());
        let pairs: Vec<String> = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| format!("%{}{}", char::from(pair[0]), char::from(pair[1])))
            .collect();
        forms.extend([
            secret.to_owned(),
            base64(secret),
            base64(&format!(":{secret}")),
            base64(&format!("me{secret}")),
            base64(&format!("PAT:{secret}")),
            hex,
            pairs.concat(),
            secret.chars().flat_map(|letter| [letter, '\0']).collect(),
        ]);
    }
    forms.retain(|form| !form.is_empty());
    forms.join(" or ")
}

/// Row 401 whose message and headers repeat what was presented; of a place to sign in at, in the
/// words of Entra.
pub(crate) fn refusal(call: &Call) -> Reply {
    let message = format!("TF000000: cannot authorize {}", forms(call));
    let elsewhere = [
        "login.microsoftonline.com",
        "169.254.169.254",
        "app-service",
    ];
    if elsewhere.contains(&call.service.as_str()) {
        let error = json!({ "error": "invalid_client", "error_description": message });
        return Reply::json(401, &error).bare();
    }
    rows::service_error(rows::wrapped(401, "EchoException", &message), &message).with(
        "www-authenticate",
        format!("Basic realm=\"{}\"", visible(&forms(call))),
    )
}

/// The usual answer, whose names and words are followed by what was presented.
pub(crate) fn fields(call: &Call, mut reply: Reply) -> Reply {
    let forms = forms(call);
    if let Payload::Whole(bytes) = &reply.payload
        && let Ok(mut value) = serde_json::from_slice(bytes)
    {
        repeat(&mut value, &forms);
        reply.payload = Payload::Whole(value.to_string().into_bytes());
    }
    for (name, value) in &mut reply.headers {
        if *name == "x-vss-userdata" {
            value.push(' ');
            value.push_str(&visible(&forms));
        }
    }
    reply
}

fn repeat(value: &mut Value, forms: &str) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|value| repeat(value, forms)),
        Value::Object(all) => {
            for (name, value) in all {
                match value {
                    Value::String(text) if FIELDS.contains(&name.as_str()) => {
                        text.push(' ');
                        text.push_str(forms);
                    }
                    value => repeat(value, forms),
                }
            }
        }
        _ => {}
    }
}

/// What a header can hold of `text`.
fn visible(text: &str) -> String {
    percent_encode(text.replace('\0', "").as_bytes(), HEADER).to_string()
}

//! What Microsoft Teams shows: an Adaptive Card.
//!
//! Whatever comes from elsewhere stands in text runs, which are shown as they are: of all elements
//! only they know no Markdown (the schema of Adaptive Cards says so at `TextRun`).

use serde_json::{Value, json};

use super::{Item, Post, cut, shown};

/// Tokens on a card.
const MAX_ITEMS: usize = 12;
/// Characters of a value.
const MAX_VALUE: usize = 200;
/// Bytes of a message, written in UTF-16. Teams turns away more than 28 KB ("Create Incoming Webhooks"
/// of Microsoft's documentation, learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/
/// how-to/add-incoming-webhook), and counts two bytes for a letter, as people found who were turned
/// away with 14,000 (question 78034694 on Stack Overflow). Whoever is turned away is never told.
const MAX_BYTES: usize = 26_000;

/// The message with the card, with as many tokens as fit.
pub fn body(post: &Post) -> Value {
    let mut bodies = (1..=MAX_ITEMS).rev().map(|most| message(post, most));
    let fits = |body: &Value| size(body) <= MAX_BYTES;
    bodies.find(fits).unwrap_or_else(|| message(post, 0))
}

/// What Teams counts, whether it takes the bytes as they are or not.
fn size(body: &Value) -> usize {
    let text = body.to_string();
    text.len().max(2 * text.encode_utf16().count())
}

fn message(post: &Post, most: usize) -> Value {
    let (items, rest) = shown(&post.items, most);
    let mut body = vec![
        block(vec![run(
            &post.title,
            &json!({ "weight": "Bolder", "size": "Large" }),
        )]),
        block(vec![run(&post.lead, &json!({}))]),
    ];
    body.extend(items.iter().flat_map(described));
    body.extend(rest.map(|rest| block(vec![run(&rest, &json!({}))])));
    let style = json!({ "isSubtle": true, "size": "Small" });
    body.push(block(vec![run(&post.footer, &style)]));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": body,
            },
        }],
    })
}

/// A token: a paragraph for its name, and one for each fact.
fn described(item: &Item) -> Vec<Value> {
    let mut title = block(vec![run(
        &cut(&item.title, MAX_VALUE),
        &json!({ "weight": "Bolder" }),
    )]);
    title["separator"] = true.into();
    let facts = item.facts.iter().map(|(name, value)| {
        let name = run(&format!("{name}: "), &json!({ "isSubtle": true }));
        let mut fact = block(vec![name, run(&cut(value, MAX_VALUE), &json!({}))]);
        fact["spacing"] = "None".into();
        fact
    });
    std::iter::once(title).chain(facts).collect()
}

/// A paragraph of its own.
fn block(inlines: Vec<Value>) -> Value {
    json!({ "type": "RichTextBlock", "inlines": Value::Array(inlines) })
}

/// Text that is shown as it is.
fn run(text: &str, style: &Value) -> Value {
    let mut run = json!({ "type": "TextRun", "text": text });
    if let (Some(run), Some(style)) = (run.as_object_mut(), style.as_object()) {
        run.extend(style.clone());
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(title: &str, count: usize) -> Post {
        let item = Item {
            title: title.to_owned(),
            facts: vec![("organization", title.to_owned()); 6],
        };
        Post {
            title: "title".to_owned(),
            lead: "lead".to_owned(),
            items: vec![item; count],
            footer: "footer".to_owned(),
        }
    }

    #[test]
    fn hostile_names_stand_where_no_markdown_is_read() {
        let hostile = "[click](https://evil.example.org) **x** <at>all</at>";
        let message = body(&post(hostile, 2));
        let card = &message["attachments"][0]["content"];
        let mut places = 0;
        for element in card["body"].as_array().unwrap() {
            assert_eq!(element["type"], "RichTextBlock");
            for inline in element["inlines"].as_array().unwrap() {
                assert_eq!(inline["type"], "TextRun");
                places += usize::from(inline["text"] == hostile);
            }
        }
        assert_eq!(places, 2 * 7);
        assert_eq!(card["msteams"], json!({ "width": "Full" }));
    }

    #[test]
    fn no_name_is_long_enough_to_keep_anybody_from_being_told() {
        for (name, count, rest) in [
            ("n", 13, "and 1 more"),
            (&"𝕏".repeat(500), 13, "and 10 more"),
        ] {
            let body = body(&post(name, count));
            let text = body.to_string();
            assert!(size(&body) <= MAX_BYTES, "{}", size(&body));
            assert!(text.contains(rest), "{text}");
        }
    }
}

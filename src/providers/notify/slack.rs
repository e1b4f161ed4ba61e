//! What Slack shows: blocks, and a text for notifications.

use serde_json::{Value, json};

use super::{Item, Post, shown};

/// Tokens in a message. Slack takes 50 blocks (docs.slack.dev/reference/block-kit/blocks).
const MAX_ITEMS: usize = 40;
/// Characters of a value, as it is written. A section takes 3,000 (blocks/section-block there): more
/// would have the whole message turned away.
const MAX_VALUE: usize = 250;
/// Characters of a header block, of 150 (blocks/header-block there).
const MAX_HEADER: usize = 140;
/// Characters of all blocks together. Slack turns away more as `msg_blocks_too_long`, and documents
/// no number: people were let through with 13,172 (issue 2509 of slackapi/bolt-js).
const MAX_BLOCKS: usize = 12_000;
/// Characters of any other text.
const MAX_TEXT: usize = 1000;

/// The message, with as many tokens as fit.
pub fn body(post: &Post) -> Value {
    let mut bodies = (1..=MAX_ITEMS).rev().map(|most| message(post, most));
    let fits = |body: &Value| body["blocks"].to_string().chars().count() <= MAX_BLOCKS;
    bodies.find(fits).unwrap_or_else(|| message(post, 0))
}

fn message(post: &Post, most: usize) -> Value {
    let (items, rest) = shown(&post.items, most);
    let title = escape(&post.title, MAX_HEADER);
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": title, "emoji": false } }),
        section(&escape(&post.lead, MAX_TEXT)),
    ];
    blocks.extend(items.iter().map(|item| section(&described(item))));
    blocks.extend(rest.map(|rest| section(&escape(&rest, MAX_TEXT))));
    let footer = escape(&post.footer, MAX_TEXT);
    blocks.push(json!({
        "type": "context",
        "elements": [{ "type": "mrkdwn", "text": footer, "verbatim": true }],
    }));
    json!({ "text": title, "mrkdwn": false, "blocks": blocks })
}

/// Text in which nothing is taken for a name or an address that is not marked as such.
fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
}

fn described(item: &Item) -> String {
    let mut text = code(&item.title);
    for (name, value) in &item.facts {
        text.push('\n');
        text.push_str(name);
        text.push_str(": ");
        text.push_str(&code(value));
    }
    text
}

/// A value in a code span: no sign in it formats anything.
fn code(value: &str) -> String {
    let value = value.replace(['`', '\n'], "'");
    if value.is_empty() {
        return value;
    }
    format!("`{}`", escape(&value, MAX_VALUE))
}

/// `text` with the three signs escaped that Slack reads as its own wherever they stand, cut to as
/// many characters as `most`.
fn escape(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for character in text.chars() {
        let mut plain = [0; 4];
        let escaped = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            other => other.encode_utf8(&mut plain),
        };
        length += escaped.chars().count();
        if length >= most {
            out.push('…');
            break;
        }
        out.push_str(escaped);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(name: &str, count: usize) -> Post {
        let item = Item {
            title: name.to_owned(),
            facts: vec![("organization", name.to_owned()); 6],
        };
        Post {
            title: name.to_owned(),
            lead: "lead".to_owned(),
            items: vec![item; count],
            footer: "footer".to_owned(),
        }
    }

    #[test]
    fn hostile_names_mention_nobody_and_link_nowhere() {
        let hostile = "<!channel> <https://evil.example.org|here> *x* `_&";
        let message = body(&post(hostile, 1));
        let safe = "`&lt;!channel&gt; &lt;https://evil.example.org|here&gt; *x* '_&amp;`";
        let facts = format!("\norganization: {safe}").repeat(6);
        assert_eq!(
            message["blocks"][2]["text"],
            json!({ "type": "mrkdwn", "text": format!("{safe}{facts}"), "verbatim": true })
        );
        let text = message.to_string();
        assert!(!text.contains(['<', '>']), "{text}");
    }

    #[test]
    fn no_name_is_long_enough_to_keep_anybody_from_being_told() {
        for (name, count, rest) in [
            ("n", 41, "and 1 more"),
            (&"&".repeat(500), 41, "and 35 more"),
        ] {
            let message = body(&post(name, count));
            let blocks = message["blocks"].as_array().unwrap();
            assert!(blocks.len() <= 50);
            assert!(message["blocks"].to_string().chars().count() <= MAX_BLOCKS);
            assert!(message.to_string().contains(rest), "{message}");
            for block in blocks {
                let text = block["text"]["text"].as_str().unwrap_or_default();
                let most = if block["type"] == "header" { 150 } else { 3000 };
                assert!(text.chars().count() <= most, "{text}");
            }
        }
    }
}

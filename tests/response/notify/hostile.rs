//! Names that mean more than they say, and tokens where none should be.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::Value;

use super::mailhost::MailHost;
use super::recorder::Recorder;
use super::scene::{Scene, hook, json_hook};

#[test]
fn names_stay_names_and_no_token_leaves() {
    let hooks = [Recorder::start(), Recorder::start(), Recorder::start()];
    let [json, teams, slack] = &hooks;
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&format!(
        "{}{}{}{}",
        mail.trusted(),
        json_hook(json),
        hook(teams, "teams"),
        hook(slack, "slack")
    ));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    let secret = &token.token;
    let forms = [
        secret.clone(),
        BASE64.encode(secret.as_bytes()),
        BASE64.encode(format!(":{secret}").as_bytes()),
        HEXLOWER.encode(secret.as_bytes()),
    ];
    // Whatever is in the file, it is what somebody else may have written there.
    scene.change_plan(|plan| {
        let notice = &mut plan["notices"][0];
        notice["name"] = format!(
            "x\r\nBcc: eve@evil.example\r\n\r\n<!channel> [a](https://evil.example) \u{202e} {secret}"
        )
        .into();
        notice["places"] = forms
            .iter()
            .map(|form| serde_json::json!({ "path": format!("a/{form}/<!here>"), "line": 1 }))
            .collect();
        notice["consumers"] = serde_json::json!([
            { "name": format!("<@U1> {secret}"), "rotate": [format!("\r\n.\r\nQUIT {secret}")] }
        ]);
    });
    let run = scene.execute();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let mails = mail.take();
    assert_eq!(mails.len(), 2);
    let mut all: Vec<String> = vec![run.stdout, run.stderr];
    for mail in &mails {
        let (head, _) = mail.raw.split_once("\r\n\r\n").expect("a body");
        assert!(!head.contains("\r\nBcc"), "{head}");
        assert_eq!(mail.recipients, super::owner(token));
        assert!(!mail.text().contains(['\r', '\u{202e}']), "{}", mail.text());
        all.extend([mail.raw.clone(), mail.text()]);
    }
    for recorder in &hooks {
        let posts = recorder.take();
        assert_eq!(posts.len(), 2);
        all.extend(
            posts
                .iter()
                .flat_map(|post| [post.head.clone(), post.body.clone()]),
        );
        for post in posts {
            let text = post.json().to_string();
            assert!(!text.contains('\u{202e}'), "{text}");
            if std::ptr::eq(recorder, slack) {
                assert!(!text.contains(['<', '>']), "{text}");
            }
            if std::ptr::eq(recorder, teams) {
                check_card(&post.json());
            }
        }
    }
    let journal = std::fs::read_to_string(scene.responder.bench.path("journal.jsonl"));
    all.push(journal.expect("a journal"));
    for text in &all {
        for form in &forms {
            assert!(!text.contains(form.as_str()), "{text}");
        }
    }
    // They were there to be taken out.
    assert!(all.iter().any(|text| text.contains("evil.example")));
}

/// Nothing on the card is read as Markdown.
fn check_card(message: &Value) {
    let body = &message["attachments"][0]["content"]["body"];
    for element in body.as_array().expect("a card") {
        assert_eq!(element["type"], "RichTextBlock");
    }
}

//! Whoever owns what is not revoked, and whoever is told where no owner can be.

use serde_json::Value;

use super::mailhost::MailHost;
use super::recorder::Recorder;
use super::scene::{Scene, hook, owner};
use crate::responder::one_left;

const CONTACT: &str = "security@example.org";

fn with_contact(mail: &MailHost) -> String {
    format!(
        "[notify]\nsecurity_contact = \"{CONTACT}\"\n{}",
        mail.trusted()
    )
}

#[test]
fn what_is_not_revoked_is_told_once() {
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&mail.trusted());
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure private");
    let run = scene.execute();
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    let c3id = &token.c3id;
    let mut expected = vec![
        "plan confirmed -".to_owned(),
        format!("confirm works {c3id}"),
        format!("notify sent {c3id}"),
    ];
    assert_eq!(scene.responder.journal(), expected);
    let [told] = &*mail.take() else {
        panic!("not one mail");
    };
    assert_eq!(told.recipients, owner(token));
    let subject = "Azure DevOps token `build agent` leaked: revoke it";
    assert_eq!(told.header("Subject"), subject);
    for line in [
        "it is not revoked for you: it leaked where not everybody can read it",
        "Revoke it now: https://dev.azure.com/contoso/_usersSettings/tokens",
        "conf/production.env:1",
    ] {
        assert!(told.text().contains(line), "{}", told.text());
    }
    assert!(scene.responder.is_let_in(token));
    assert_eq!(scene.responder.writes(), 0);
    assert_eq!(scene.resume().stdout, one_left(token));
    assert_eq!(scene.execute().code, 4);
    expected.push("plan confirmed -".to_owned());
    assert_eq!(scene.responder.journal(), expected);
    assert_eq!(mail.take().len(), 0);
}

#[test]
fn without_channels_there_is_nothing_to_do_about_what_is_not_revoked() {
    let scene = Scene::new("");
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure private");
    let run = scene.execute();
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (
            2,
            "error: the plan orders nothing\nhint: [notify] in the configuration tells people of \
             what is not revoked\n"
        )
    );
    assert_eq!(scene.responder.journal(), [""; 0]);
}

#[test]
fn what_still_works_is_told_again_until_it_does_not() {
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&format!(
        "[notify]\nremind_after = \"7d\"\n{}",
        mail.trusted()
    ));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure private");
    assert_eq!(scene.execute().code, 4);
    let first = mail.take();
    scene.age(6);
    assert_eq!(scene.resume().stdout, one_left(token));
    scene.age(1);
    let run = scene.resume();
    assert_eq!(run.code, 4, "{}{}", run.stdout, run.stderr);
    let [reminder] = &*mail.take() else {
        panic!("not one mail");
    };
    let subject = "Azure DevOps token `build agent` leaked and still works";
    assert_eq!(reminder.header("Subject"), subject);
    assert_eq!(
        reminder.header("In-Reply-To"),
        first[0].header("Message-ID")
    );
    assert_eq!(scene.resume().stdout, one_left(token));
    scene.age(7);
    assert_eq!(scene.resume().code, 4);
    let [again] = &*mail.take() else {
        panic!("not one mail");
    };
    assert_eq!(again.header("In-Reply-To"), reminder.header("Message-ID"));
    assert_ne!(again.header("Message-ID"), reminder.header("Message-ID"));
    // Its owner revokes it: nobody is reminded any more, but told that it is over.
    scene.plan(&[token], "--exposure public");
    let elsewhere = scene
        .responder
        .execution("")
        .replace("journal.jsonl", "other.jsonl");
    assert_eq!(scene.responder.bench.plain(&elsewhere, "").code, 0);
    scene.age(7);
    assert_eq!(scene.resume().code, 0);
    let [closure] = &*mail.take() else {
        panic!("not one mail");
    };
    let subject = "Azure DevOps token `build agent` is revoked";
    assert_eq!(closure.header("Subject"), subject);
    scene.age(7);
    assert_eq!(scene.resume().stdout, "nothing is open\n");
}

#[test]
fn the_security_contact_is_told_where_no_owner_can_be() {
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&with_contact(&mail));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    scene
        .responder
        .bench
        .order("/graph/users/", "unavailable", 99);
    assert_eq!(scene.execute().code, 0);
    let told = format!("mail {CONTACT}");
    assert_eq!(
        scene.notified(),
        [format!("sent leak {told}"), format!("sent closure {told}")]
    );
    let [leak, closure] = &*mail.take() else {
        panic!("not two mails");
    };
    for mail in [leak, closure] {
        assert_eq!(mail.recipients, CONTACT);
        let why = "Whoever owns it could not be told, so please pass this on.\n";
        assert!(mail.text().contains(why), "{}", mail.text());
    }
    let why = &scene.records()[3]["evidence"]["why"];
    assert!(
        why.as_str()
            .is_some_and(|why| why.starts_with("its owner's address")),
        "{why}"
    );
}

#[test]
fn nobody_to_tell_is_written_down_and_mended_later() {
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&mail.trusted());
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    scene
        .responder
        .bench
        .order("/graph/users/", "unavailable", 99);
    let run = scene.execute();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("there is no security contact"),
        "{}",
        run.stdout
    );
    scene.responder.bench.forget_orders();
    assert_eq!(scene.resume().code, 0);
    let to = format!("mail {}", owner(token));
    assert_eq!(
        scene.notified(),
        [
            "failed leak mail -",
            "failed closure mail -",
            &format!("sent leak {to}"),
            &format!("sent closure {to}"),
        ]
    );
    assert_eq!(mail.take().len(), 2);
    assert_eq!(scene.resume().stdout, "nothing is open\n");
}

#[test]
fn a_mailbox_that_does_not_exist_is_as_good_as_none() {
    let Some(mail) = MailHost::start("noor@contoso.example") else {
        return;
    };
    let scene = Scene::new(&with_contact(&mail));
    let token = scene.responder.live()[0];
    assert_eq!(owner(token), "noor@contoso.example");
    scene.plan(&[token], "--exposure public");
    assert_eq!(scene.execute().code, 0);
    let recipients: Vec<_> = mail
        .take()
        .into_iter()
        .map(|mail| mail.recipients)
        .collect();
    assert_eq!(recipients, [CONTACT; 2]);
    let why = scene.records()[3]["evidence"]["why"].to_string();
    assert!(why.contains("no such mailbox"), "{why}");
}

/// A plan is a file: whoever changes it must not choose who is told where a token is.
#[test]
fn no_plan_names_a_recipient() {
    let Some(mail) = MailHost::start("") else {
        return;
    };
    for (exposure, code) in [("private", 4), ("public", 0)] {
        let scene = Scene::new(&with_contact(&mail));
        let tokens = scene.responder.live();
        let token = tokens[0];
        let other = tokens.iter().find(|it| owner(it) != owner(token));
        let other = other.expect("somebody else");
        scene.plan(&[token, other], "--exposure public");
        let mut notices = Value::Null;
        scene.change_plan(|plan| notices = plan["notices"].take());
        let whose = |c3id: &str| {
            let notices = notices.as_array().expect("notices");
            let notice = notices.iter().find(|notice| notice["c3id"] == c3id);
            notice.expect("a notice")["owner"].clone()
        };
        let theirs = whose(&other.c3id);
        assert_ne!(theirs, whose(&token.c3id));
        scene.plan(&[token], &format!("--exposure {exposure}"));
        scene.change_plan(|plan| plan["notices"][0]["owner"] = theirs);
        let run = scene.execute();
        assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
        let told = mail.take();
        let expected = if exposure == "private" {
            vec![CONTACT.to_owned()]
        } else {
            vec![owner(token); 2]
        };
        let recipients: Vec<_> = told.into_iter().map(|mail| mail.recipients).collect();
        assert_eq!(recipients, expected, "{exposure}");
    }
}

#[test]
fn a_list_without_c3ids_proves_no_owner() {
    let (recorder, Some(mail)) = (Recorder::start(), MailHost::start("")) else {
        return;
    };
    let scene = Scene::new(&format!(
        "{}{}",
        with_contact(&mail),
        hook(&recorder, "slack")
    ));
    let token = scene.responder.live()[0];
    scene
        .responder
        .bench
        .order("/tokenadmin/", "c3id-absent", 999);
    scene.plan(&[token], "--exposure public");
    assert_eq!(scene.execute().code, 4);
    assert_eq!(
        scene.notified(),
        [
            format!("sent leak mail {CONTACT}"),
            "sent leak slack -".to_owned()
        ]
    );
    assert_eq!(recorder.take().len(), 1);
    assert!(scene.responder.is_let_in(token));
}

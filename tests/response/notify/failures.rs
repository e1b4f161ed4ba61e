//! What cannot be delivered now is delivered later, and stops nothing.

use std::net::TcpListener;

use super::mailhost::MailHost;
use super::recorder::Recorder;
use super::scene::{Scene, json_hook, owner};
use super::{hook, id};

/// `[notify.smtp]` with nobody there.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    format!(
        "[notify.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
         from = \"leaks@patsweep.example\"\n"
    )
}

#[test]
fn what_failed_is_sent_later_exactly_once_under_the_same_id() {
    let recorder = Recorder::start();
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&format!("{}{}", nobody(), json_hook(&recorder)));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    recorder.answer(503);
    let run = scene.execute();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(!scene.responder.is_let_in(token));
    let to = format!("mail {}", owner(token));
    let failed = [
        "failed leak json -".to_owned(),
        format!("failed leak {to}"),
        "failed closure json -".to_owned(),
        format!("failed closure {to}"),
    ];
    assert_eq!(scene.notified(), failed);
    let tries = recorder.take();
    let keys: Vec<_> = tries
        .iter()
        .map(|it| it.header("idempotency-key"))
        .collect();
    let ids = |kind: &str, channel: &str| id(&scene, kind, channel);
    let (leak, closure) = (ids("leak", "json"), ids("closure", "json"));
    let expected = [[&*leak; 3], [&*closure; 3]].concat();
    assert_eq!(keys, expected);
    let mails = [ids("leak", "mail"), ids("closure", "mail")];

    recorder.answer(200);
    scene.configure(&format!("{}{}", mail.trusted(), json_hook(&recorder)));
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let sent = [
        "sent leak json -".to_owned(),
        format!("sent leak {to}"),
        "sent closure json -".to_owned(),
        format!("sent closure {to}"),
    ];
    let mut notified = scene.notified().split_off(4);
    // Leaks before closures; by which channel first is nobody's business.
    assert!(
        notified[..2].iter().all(|line| line.contains("leak")),
        "{notified:?}"
    );
    notified.sort();
    let mut sorted = sent.to_vec();
    sorted.sort();
    assert_eq!(notified, sorted);
    let posts = recorder.take();
    assert_eq!(posts.len(), 2);
    for (post, first) in posts.iter().zip([&tries[0], &tries[3]]) {
        assert_eq!(
            post.header("idempotency-key"),
            first.header("idempotency-key")
        );
        assert_eq!(post.body, first.body);
    }
    let received = mail.take();
    let received: Vec<_> = received
        .iter()
        .map(|mail| mail.header("Message-ID"))
        .collect();
    assert_eq!(received, mails.map(|id| format!("<{id}@patsweep.example>")));
    assert_eq!(scene.resume().stdout, "nothing is open\n");
    assert_eq!((recorder.take().len(), mail.take().len()), (0, 0));
}

#[test]
fn a_server_that_nobody_vouches_for_gets_nothing() {
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&mail.configuration(None));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    let run = scene.execute();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let to = format!("mail {}", owner(token));
    assert_eq!(
        scene.notified(),
        [format!("failed leak {to}"), format!("failed closure {to}")]
    );
    assert_eq!(mail.take().len(), 0);
    assert!(run.stdout.contains("certificate"), "{}", run.stdout);
    assert!(!scene.responder.is_let_in(token));
}

#[test]
fn a_post_that_is_turned_away_for_good_is_not_tried_again_at_once() {
    let recorder = Recorder::start();
    let scene = Scene::new(&hook(&recorder, "teams"));
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    for (status, tries) in [(404, 2), (302, 2)] {
        recorder.answer(status);
        let run = if status == 404 {
            scene.execute()
        } else {
            scene.resume()
        };
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        let why = format!("answered with {status}");
        assert!(run.stdout.contains(&why), "{}", run.stdout);
        assert_eq!(recorder.take().len(), tries, "{status}");
    }
}

#[test]
fn bad_configuration_is_refused_with_file_line_and_key() {
    let scene = Scene::new("");
    let check = |text: &str, complaint: &str| {
        scene.configure(text);
        let run = scene
            .responder
            .bench
            .plain("scan - --config config.toml", "");
        let expected = format!("error: config.toml:{complaint}\n");
        assert_eq!((run.code, run.stderr), (2, expected), "{text}");
    };
    let smtp = "[notify.smtp]\nhost = \"mail.example.org\"\nfrom = \"a@example.org\"\n";
    let json = "[[notify.webhook]]\nkind = \"json\"\nurl = \"https://example.org\"\n";
    check(
        "[notify]\nrecipient = \"a@example.org\"\n",
        "2: `notify.recipient`: unknown key\nhint: the keys here are security_contact, \
         remind_after, smtp, webhook",
    );
    check(
        "[notify]\nsecurity_contact = \"a@example.org\"\n",
        "2: `notify.security_contact`: nobody sends mail without [notify.smtp]",
    );
    check(
        &format!("[notify]\nsecurity_contact = \"Ann <a@example.org>\"\n{smtp}"),
        "2: `notify.security_contact`: `Ann <a@example.org>` is no address for mail\n\
         hint: write it as in leaks@example.org",
    );
    check(
        "[notify]\nremind_after = \"soon\"\n",
        "2: `notify.remind_after`: is no span of time\nhint: write it as in 7d or 36h",
    );
    check(
        "[notify]\nremind_after = \"-7d\"\n",
        "2: `notify.remind_after`: is no span of time\nhint: write it as in 7d or 36h",
    );
    check(
        &format!("{smtp}tls = \"none\"\n"),
        "4: `notify.smtp.tls`: only loopback may go without TLS\nhint: use \"starttls\" or \"tls\"",
    );
    check(
        &format!("{smtp}tls = \"ssl\"\n"),
        "4: `notify.smtp.tls`: `ssl` is none of starttls, tls, none",
    );
    check(
        &format!("{smtp}port = 65536\n"),
        "4: `notify.smtp.port`: not between 1 and 65535",
    );
    check(
        &format!("{smtp}user = \"ann\"\n"),
        "1: `notify.smtp.password_env`: missing",
    );
    check(
        "[notify.smtp]\nhost = \"localhost\"\n",
        "1: `notify.smtp.from`: missing",
    );
    check(json, "1: `notify.webhook[0].secret_env`: missing");
    check(
        "[[notify.webhook]]\nkind = \"irc\"\n",
        "2: `notify.webhook[0].kind`: `irc` is none of json, teams, slack",
    );
    check(
        "[[notify.webhook]]\nkind = \"teams\"\n",
        "1: `notify.webhook[0].url`: missing",
    );
    check(
        "[[notify.webhook]]\nkind = \"slack\"\nsecret_env = \"S\"\n",
        "3: `notify.webhook[0].secret_env`: not used by `kind = \"slack\"`",
    );
    check(
        "[[notify.webhook]]\nkind = \"slack\"\nurl = \"u\"\nurl_env = \"U\"\n",
        "4: `notify.webhook[0].url_env`: only one of `url` and `url_env` is used",
    );
}

#[test]
fn what_cannot_be_resolved_is_refused_before_anything_is_done() {
    let scene = Scene::new("");
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    let check = |text: &str, complaint: &str| {
        scene.configure(text);
        let run = scene.execute();
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert_eq!(run.stderr, format!("error: {complaint}\n"), "{text}");
    };
    check(
        "[[notify.webhook]]\nkind = \"json\"\nurl = \"https://example.org\"\nsecret_env = \"UNSET\"\n",
        "config.toml:1: [[notify.webhook]]: the environment variable UNSET, which `secret_env` \
         names, is not set",
    );
    check(
        "[[notify.webhook]]\nkind = \"slack\"\nurl_env = \"UNSET\"\n",
        "config.toml:1: [[notify.webhook]]: the environment variable UNSET, which `url_env` names, \
         is not set",
    );
    check(
        "[notify.smtp]\nhost = \"localhost\"\nfrom = \"a@example.org\"\nuser = \"ann\"\n\
         password_env = \"UNSET\"\n",
        "config.toml:1: [notify.smtp]: the environment variable UNSET, which `password_env` names, \
         is not set",
    );
    check(
        "[[notify.webhook]]\nkind = \"slack\"\nurl = \"http://example.org/a-secret\"\n",
        "config.toml:1: [[notify.webhook]]: cannot post to the address\n\
         caused by: not https, and only loopback may go without",
    );
    assert_eq!(scene.responder.journal(), [""; 0]);
    assert_eq!(scene.responder.writes(), 0);
}

/// Whoever owned it then, or had that address, is not told what is the owner's business now.
#[test]
fn what_failed_goes_to_whoever_is_to_be_told_now() {
    const CONTACT: &str = "security@example.org";
    let Some(mail) = MailHost::start("") else {
        return;
    };
    let scene = Scene::new(&nobody());
    let token = scene.responder.live()[0];
    scene.plan(&[token], "--exposure public");
    let run = scene.execute();
    let said = run.stderr.matches("nobody was told over mail: ").count();
    assert_eq!(said, 2, "{}", run.stderr);
    let to = owner(token);
    let failed = [
        format!("failed leak mail {to}"),
        format!("failed closure mail {to}"),
    ];
    assert_eq!(scene.notified(), failed);
    let bench = &scene.responder.bench;
    bench.order("/graph/users/", "no-mail-address", 99);
    let contact = format!("[notify]\nsecurity_contact = \"{CONTACT}\"\n");
    scene.configure(&format!("{contact}{}", mail.trusted()));
    scene.resume();
    let sent = [
        format!("sent leak mail {CONTACT}"),
        format!("sent closure mail {CONTACT}"),
    ];
    assert_eq!(scene.notified().split_off(2), sent);
}

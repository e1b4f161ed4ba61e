//! Whoever takes posts: keeps every byte that comes.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::Value;

/// A server that answers all requests with one status.
pub(crate) struct Recorder {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    posts: Mutex<Vec<Post>>,
    /// What the next requests are answered with, before the status counts: status and `Retry-After`.
    next: Mutex<VecDeque<(u16, u64)>>,
    status: AtomicU16,
    is_over: AtomicBool,
}

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared::default());
        shared.status.store(200, Ordering::Relaxed);
        let theirs = shared.clone();
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if theirs.is_over.load(Ordering::Relaxed) {
                    return;
                }
                theirs.take(stream.expect("a connection"));
            }
        });
        Self {
            port,
            shared,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook/a-secret-path", self.port)
    }

    /// Answers with `status` from now on.
    pub(crate) fn answer(&self, status: u16) {
        self.shared.status.store(status, Ordering::Relaxed);
    }

    /// Answers the next request with `status`, and wants to be left alone for so many seconds.
    pub(crate) fn answer_next(&self, status: u16, pause: u64) {
        let mut next = self.shared.next.lock().expect("no panic");
        next.push_back((status, pause));
    }

    /// What came until now, a line each: the kind and how each token stands; it is forgotten.
    pub(crate) fn told(&self) -> Vec<String> {
        let posts = self.take().into_iter();
        let told = posts.map(|post| {
            let body = post.json();
            let tokens = body["tokens"].as_array().expect("tokens").iter();
            let states = tokens.map(|token| token["state"].as_str().expect("a state").to_owned());
            let kind = body["kind"].as_str().expect("a kind").to_owned();
            std::iter::once(kind)
                .chain(states)
                .collect::<Vec<_>>()
                .join(" ")
        });
        told.collect()
    }

    /// What came until now; it is forgotten.
    pub(crate) fn take(&self) -> Vec<Post> {
        std::mem::take(&mut *self.shared.posts.lock().expect("no panic"))
    }
}

impl Shared {
    fn take(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).expect("a line") == 0 {
                return;
            }
        }
        let length = header(&head, "content-length").parse().expect("a length");
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let body = String::from_utf8(body).expect("text");
        self.posts
            .lock()
            .expect("no panic")
            .push(Post { head, body });
        let next = self.next.lock().expect("no panic").pop_front();
        let (status, pause) = match next {
            Some((status, pause)) => (status, format!("Retry-After: {pause}\r\n")),
            None => (self.status.load(Ordering::Relaxed), String::new()),
        };
        let answer = format!(
            "HTTP/1.1 {status} So\r\n{pause}Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        // Whoever asked may be gone.
        let _gone = reader.into_inner().write_all(answer.as_bytes());
    }
}

impl Post {
    pub(crate) fn header(&self, name: &str) -> String {
        header(&self.head, name)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

fn header(head: &str, name: &str) -> String {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let line = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
    line.unwrap_or_else(|| panic!("no {name} in {head}"))
        .1
        .to_owned()
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // It waits for a connection.
        let _woken = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

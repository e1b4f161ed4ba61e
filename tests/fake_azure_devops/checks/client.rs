//! As much of HTTP as the checks need: one request per connection, the answer as it came.

use std::io::{Read, Write};
use std::net::TcpStream;

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::service::Fake;

/// A request to be sent.
pub(crate) struct Ask {
    method: &'static str,
    path: String,
    headers: Vec<String>,
    body: String,
}

/// What came back.
pub(crate) struct Got {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// `GET path`, with the header that all clients of the service send.
pub(crate) fn get(path: &str) -> Ask {
    ask("GET", path)
}

pub(crate) fn ask(method: &'static str, path: &str) -> Ask {
    Ask {
        method,
        path: path.to_owned(),
        headers: vec!["X-TFS-FedAuthRedirect: Suppress".to_owned()],
        body: String::new(),
    }
}

impl Ask {
    pub(crate) fn pat(self, token: &str) -> Self {
        let credential = BASE64.encode(format!(":{token}").as_bytes());
        self.header(&format!("Authorization: Basic {credential}"))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header(&format!("Authorization: Bearer {token}"))
    }

    pub(crate) fn header(mut self, line: &str) -> Self {
        self.headers.push(line.to_owned());
        self
    }

    /// Takes back the wish not to be led to a sign-in page.
    pub(crate) fn like_a_browser(mut self) -> Self {
        self.headers.remove(0);
        self
    }

    pub(crate) fn body(mut self, text: &str) -> Self {
        text.clone_into(&mut self.body);
        self
    }

    pub(crate) fn json(self, value: &Value) -> Self {
        let text = value.to_string();
        self.header("Content-Type: application/json").body(&text)
    }

    /// Sends it to `fake`.
    pub(crate) fn to(self, fake: &Fake) -> Got {
        Got::parse(&self.raw(fake)).expect("an answer of HTTP")
    }

    /// Sends it to a host and port.
    pub(crate) fn at_address(self, address: &str) -> Got {
        let mut answer = Vec::new();
        let mut stream = self.send_to(address);
        stream.read_to_end(&mut answer).expect("an answer");
        Got::parse(&answer).expect("an answer of HTTP")
    }

    /// Sends it to `fake`, and returns all that comes until the end of the connection.
    pub(crate) fn raw(self, fake: &Fake) -> Vec<u8> {
        let mut answer = Vec::new();
        // A connection that is cut is an answer, too.
        let _cut = self.send(fake).read_to_end(&mut answer);
        answer
    }

    /// Sends it to `fake`, and returns the connection.
    pub(crate) fn send(self, fake: &Fake) -> TcpStream {
        self.send_to(fake.url.trim_start_matches("http://"))
    }

    fn send_to(self, address: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).expect("the service listens");
        let mut headers = self.headers;
        headers.push(format!("Host: {address}"));
        headers.push("Connection: close".to_owned());
        headers.push(format!("Content-Length: {}", self.body.len()));
        let request = format!(
            "{} {} HTTP/1.1\r\n{}\r\n\r\n{}",
            self.method,
            self.path,
            headers.join("\r\n"),
            self.body
        );
        stream
            .write_all(request.as_bytes())
            .expect("the service reads");
        stream
    }
}

impl Got {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let body = bytes[end + 4..].to_vec();
        Some(Self {
            status,
            headers,
            body,
        })
    }

    /// All values of the header `name`, one after the other.
    pub(crate) fn header(&self, name: &str) -> String {
        let all = self.headers.iter().filter(|(known, _)| known == name);
        let all: Vec<&str> = all.map(|(_, value)| value.as_str()).collect();
        all.join(" | ")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a body of JSON")
    }

    /// The status, and what is telling about the body: `typeKey`, a title, a number before a
    /// colon, or nothing.
    pub(crate) fn told(&self) -> (u16, String) {
        let text = self.text();
        let title = text.split_once("<title>").map(|(_, rest)| {
            let title = rest.split("</title>").next().unwrap_or_default();
            title.trim().to_owned()
        });
        let key = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|value| value["typeKey"].as_str().map(str::to_owned));
        let number = text
            .split_once(": The ")
            .map(|(number, _)| number.to_owned());
        (self.status, title.or(key).or(number).unwrap_or_default())
    }
}

/// Orders `behavior` for all that `target` names.
#[track_caller]
pub(crate) fn order(fake: &Fake, target: &Value, behavior: &str, delay_s: i64) {
    let order = json!({ "target": target, "behavior": behavior, "delay_s": delay_s });
    let got = ask("POST", "/__control").json(&order).to(fake);
    assert_eq!(got.status, 204, "{behavior}: {}", got.text());
}

/// `_apis/connectionData` of `organization`.
pub(crate) fn connection_data(organization: &str) -> Ask {
    get(&format!(
        "/dev.azure.com/{organization}/_apis/connectionData?api-version=7.1-preview.1"
    ))
}

//! An answer before it is sent, with what only a broken server would send.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::stream;
use serde_json::{Value, json};

/// What follows the headers.
pub(crate) enum Payload {
    Whole(Vec<u8>),
    /// These bytes of `promised`, and then the end of the connection.
    Short {
        bytes: Vec<u8>,
        promised: usize,
    },
    /// One byte at a time.
    Drip {
        bytes: Vec<u8>,
        pause: Duration,
    },
    /// A JSON string of this many bytes, quotes included.
    Long(usize),
    /// Nothing: the connection ends before the answer.
    Closed,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) payload: Payload,
    /// Comes without the headers that most answers of the service have.
    pub(crate) bare: bool,
}

impl Reply {
    /// An answer without a body or a content type.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            payload: Payload::Whole(Vec::new()),
            bare: false,
        }
    }

    pub(crate) fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        let kind = "application/json; charset=utf-8; api-version=7.1";
        Self::text(status, kind, &value.to_string())
    }

    /// A list as Azure DevOps writes it.
    pub(crate) fn list(values: &[Value]) -> Self {
        Self::json(200, &json!({ "count": values.len(), "value": values }))
    }

    pub(crate) fn html(status: u16, text: &str) -> Self {
        Self::text(status, "text/html; charset=utf-8", text)
    }

    pub(crate) fn text(status: u16, kind: &str, text: &str) -> Self {
        let mut reply = Self::empty(status);
        reply.payload = Payload::Whole(text.as_bytes().to_vec());
        reply.with("content-type", kind)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Replaces the header `name`.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
    }

    /// Writes it down for axum.
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.status).expect("statuses have three digits");
        let mut promised = None;
        *response.body_mut() = match self.payload {
            Payload::Whole(bytes) => Body::from(bytes),
            Payload::Closed => Body::empty(),
            Payload::Short {
                bytes,
                promised: length,
            } => {
                promised = Some(length);
                short(bytes)
            }
            Payload::Drip { bytes, pause } => {
                promised = Some(bytes.len());
                drip(bytes, pause)
            }
            Payload::Long(length) => {
                promised = Some(length);
                long(length)
            }
        };
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            let value = HeaderValue::from_str(&value).expect("headers are visible ASCII");
            headers.append(HeaderName::from_static(name), value);
        }
        if let Some(length) = promised {
            headers.insert("content-length", HeaderValue::from(length));
        }
        response
    }
}

/// Sends `bytes` and then ends too early.
fn short(bytes: Vec<u8>) -> Body {
    Body::from_stream(stream::unfold(Some(bytes), |left| async {
        let Some(bytes) = left else {
            // What was sent must have left before the connection goes.
            tokio::time::sleep(Duration::from_millis(20)).await;
            return None;
        };
        Some((Ok::<_, Infallible>(Bytes::from(bytes)), None))
    }))
}

/// Sends a byte per `pause`.
fn drip(bytes: Vec<u8>, pause: Duration) -> Body {
    Body::from_stream(stream::unfold((bytes, 0), move |(bytes, at)| async move {
        let byte = Bytes::copy_from_slice(bytes.get(at..=at)?);
        if at > 0 {
            tokio::time::sleep(pause).await;
        }
        Some((Ok::<_, Infallible>(byte), (bytes, at + 1)))
    }))
}

/// Sends a JSON string of `length` bytes without holding it.
fn long(length: usize) -> Body {
    const PIECE: usize = 1 << 16;
    Body::from_stream(stream::unfold(0, move |at| async move {
        let end = length.min(at + PIECE);
        if at == end {
            return None;
        }
        let mut piece = vec![b'x'; end - at];
        if at == 0 {
            piece[0] = b'"';
        }
        if end == length {
            piece[end - at - 1] = b'"';
        }
        Some((Ok::<_, Infallible>(Bytes::from(piece)), end))
    }))
}

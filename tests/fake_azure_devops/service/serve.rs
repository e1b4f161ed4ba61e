//! Listens, answers, and takes orders.

use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{any, get, post};
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::call::Call;
use super::control::Orders;
use super::log::Log;
use super::reply::{Payload, Reply};
use super::state::{World, guid};
use super::{auth, behaviors, echo, routes, rows, time};

/// Requests may be so long.
const MAX_BODY: usize = 1 << 24;

#[derive(Clone)]
struct Service {
    world: Arc<Mutex<World>>,
    orders: Arc<Orders>,
    log: Log,
}

impl Service {
    /// Notes `call` in the log, which no token must enter, not even from a query.
    fn note(&self, call: &Call, status: u16) {
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let withheld = |text: &str| {
            let known = world.issued.iter().map(|issued| issued.token.as_str());
            let all = known.chain(world.pats.iter().map(|pat| pat.token.as_str()));
            all.fold(text.to_owned(), |text, token| {
                text.replace(token, "[token]")
            })
        };
        let query = call.query.as_deref().map(withheld);
        self.log
            .note(call, &withheld(&call.path), query.as_deref(), status);
    }
}

/// Serves on both listeners until `ended` tells to end.
pub(crate) fn run(
    world: World,
    here: std::net::TcpListener,
    there: std::net::TcpListener,
    ended: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let service = Service {
        world: Arc::new(Mutex::new(world)),
        orders: Arc::default(),
        log: Log::default(),
    };
    let main = Router::new()
        .route("/__control", post(order).get(behaviors).delete(take_back))
        .route("/__log", get(read_log).delete(clear_log))
        .route("/__plant", post(plant))
        .route("/__concurrency", get(concurrency))
        .fallback(any(answer))
        .with_state(service.clone());
    let other = Router::new().fallback(any(elsewhere)).with_state(service);
    runtime.block_on(async {
        let listener = Sockets(TcpListener::from_std(here).expect("a listener"));
        let other_listener = Sockets(TcpListener::from_std(there).expect("a listener"));
        let main = main.into_make_service_with_connect_info::<Socket>();
        let other = other.into_make_service_with_connect_info::<Socket>();
        tokio::spawn(async move { axum::serve(other_listener, other).await });
        tokio::spawn(async move { axum::serve(listener, main).await });
        // An error is a sender that is gone, which ends the service too.
        let _told = ended.await;
    });
}

/// A listener whose connections can be shut from a handler.
struct Sockets(TcpListener);

/// A second handle of a connection.
#[derive(Clone, Debug)]
struct Socket(Arc<std::net::TcpStream>);

/// A connection with its second handle.
struct Io(TcpStream, Socket);

mod io;

impl Listener for Sockets {
    type Io = Io;
    type Addr = Socket;

    async fn accept(&mut self) -> (Io, Socket) {
        loop {
            // A connection that is gone before it is taken is no concern.
            let Ok((stream, _)) = self.0.accept().await else {
                continue;
            };
            let Ok(stream) = stream.into_std() else {
                continue;
            };
            let Ok(second) = stream.try_clone() else {
                continue;
            };
            let socket = Socket(Arc::new(second));
            if let Ok(stream) = TcpStream::from_std(stream) {
                return (Io(stream, socket.clone()), socket);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Socket> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

impl Connected<IncomingStream<'_, Sockets>> for Socket {
    fn connect_info(stream: IncomingStream<'_, Sockets>) -> Self {
        stream.io().1.clone()
    }
}

/// Answers a request for one of the hosts.
async fn answer(
    State(service): State<Service>,
    ConnectInfo(socket): ConnectInfo<Socket>,
    request: Request,
) -> Response {
    let mut call = read(request).await;
    let in_flight = service.log.begin(&call);
    call.active = service.orders.meet(&call);
    if let Some(seconds) = call.active.delay("slow") {
        tokio::time::sleep(Duration::from_secs(seconds.unsigned_abs())).await;
    }
    let reply = {
        let mut world = service.world.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = match call.active.answer() {
            Some((name, delay)) => rows::ordered(name, delay, &world, &call),
            None => routes::route(&mut world, &call),
        };
        finish(&world, &call, reply)
    };
    service.note(&call, reply.status);
    if matches!(reply.payload, Payload::Closed) {
        // The other side may have gone first.
        let _gone = socket.0.shutdown(Shutdown::Both);
    }
    drop(in_flight);
    reply.into_response()
}

/// Puts into the world what a test needs there.
async fn plant(State(service): State<Service>, body: axum::body::Bytes) -> Response {
    let mut world = service.world.lock().unwrap_or_else(PoisonError::into_inner);
    match super::plant::plant(&mut world, &body) {
        Some(planted) => Reply::json(200, &planted),
        None => Reply::empty(400),
    }
    .into_response()
}

/// Notes what arrives at the other host, which nothing must.
async fn elsewhere(State(service): State<Service>, request: Request) -> Response {
    let mut call = read(request).await;
    call.path = format!("/{}{}", call.host, call.path);
    "elsewhere".clone_into(&mut call.host);
    service.note(&call, 200);
    Reply::json(200, &serde_json::json!({ "elsewhere": true })).into_response()
}

async fn read(request: Request) -> Call {
    let (parts, body): (Parts, _) = request.into_parts();
    // A client that breaks off has sent nothing.
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    Call::new(parts, body)
}

/// Adds the headers of most answers, and what was ordered of the usual one.
fn finish(world: &World, call: &Call, mut reply: Reply) -> Reply {
    let skew = call.active.delay("clock-skew").unwrap_or_default();
    reply.set("date", &time::http_date(world.now() + skew));
    if !reply.bare {
        for (name, value) in [
            ("activityid", guid(world.seed, &call.path)),
            ("x-tfs-processid", guid(world.seed, "process")),
            ("x-tfs-session", guid(world.seed, "session")),
            ("x-vss-e2eid", guid(world.seed, &call.path)),
            ("x-vss-senderdeploymentid", guid(world.seed, "deployment")),
            ("x-msedge-ref", "Ref A: 0 Ref B: FAKE Ref C: 0".to_owned()),
            (
                "p3p",
                "CP=\"CAO DSP COR ADMa DEV CONo TELo CUR PSA PSD TAI IVDo OUR\"".to_owned(),
            ),
            (
                "strict-transport-security",
                "max-age=31536000; includeSubDomains".to_owned(),
            ),
        ] {
            reply.headers.push((name, value));
        }
        if reply.status < 300 && call.active.answer().is_none() {
            reply
                .headers
                .push(("x-vss-userdata", auth::user_data(world, call)));
        }
    }
    if let Some(seconds) = call.active.delay("delayed") {
        reply = rows::rate_limits(reply, seconds);
    }
    if call.active.has("echo-fields") {
        reply = echo::fields(call, reply);
    }
    distort(call, reply)
}

/// Breaks the body as it was ordered.
fn distort(call: &Call, mut reply: Reply) -> Reply {
    let Payload::Whole(mut bytes) = reply.payload else {
        return reply;
    };
    if call.active.has("bom") {
        bytes.splice(0..0, *b"\xEF\xBB\xBF");
    }
    if call.active.has("invalid-utf8") {
        bytes.push(0xFF);
    }
    if call.active.has("wrong-content-type") {
        reply.headers.retain(|(name, _)| *name != "content-type");
        reply
            .headers
            .push(("content-type", "text/html; charset=utf-8".to_owned()));
    }
    if call.active.has("truncated-json") {
        bytes.truncate(bytes.len() / 2);
    }
    reply.payload = if call.active.has("truncated-body") {
        let promised = bytes.len();
        bytes.truncate(promised / 2);
        Payload::Short { bytes, promised }
    } else if let Some(seconds) = call.active.delay("drip") {
        let pause = Duration::from_secs(seconds.max(1).unsigned_abs());
        Payload::Drip { bytes, pause }
    } else {
        Payload::Whole(bytes)
    };
    reply
}

async fn order(State(service): State<Service>, request: Request) -> Response {
    let (_, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    match service.orders.take(&body) {
        Ok((behavior, seconds)) => {
            if behavior.1 == "advance-clock" {
                let mut world = service.world.lock().unwrap_or_else(PoisonError::into_inner);
                world.advanced += seconds;
            }
            Reply::empty(204).into_response()
        }
        Err(what) => Reply::json(400, &serde_json::json!({ "error": what })).into_response(),
    }
}

async fn behaviors() -> Response {
    Reply::json(200, &behaviors::catalogue()).into_response()
}

async fn take_back(State(service): State<Service>) -> Response {
    service.orders.clear();
    Reply::empty(204).into_response()
}

async fn read_log(State(service): State<Service>) -> Response {
    Reply::json(200, &service.log.entries()).into_response()
}

async fn clear_log(State(service): State<Service>) -> Response {
    service.log.clear();
    Reply::empty(204).into_response()
}

async fn concurrency(State(service): State<Service>) -> Response {
    Reply::json(200, &service.log.concurrency()).into_response()
}

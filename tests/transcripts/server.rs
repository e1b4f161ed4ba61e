//! Answers every connection with the same bytes, with nothing but a socket.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A server that ends when this is dropped.
pub(crate) struct Replay {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Replay {
    /// Answers with `answer`.
    ///
    /// # Panics
    ///
    /// If no port can be had.
    pub(crate) fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let (seen, end) = (requests.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                // A client that breaks off is no concern.
                let _served = serve(stream, &answer, &seen);
            }
        });
        Self {
            address,
            requests,
            ended,
            thread: Some(thread),
        }
    }

    /// Where it listens, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests so far, as they came.
    pub(crate) fn requests(&self) -> Vec<Vec<u8>> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that this is the end.
        let _woken = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// Reads the head of a request, takes note of it and writes `answer`, whatever was asked.
fn serve(mut stream: TcpStream, answer: &[u8], seen: &Mutex<Vec<Vec<u8>>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => break,
            count => request.extend_from_slice(&piece[..count]),
        }
    }
    seen.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(request);
    stream.write_all(answer)?;
    stream.shutdown(Shutdown::Write)?;
    // Closing while bytes are unread would cut what was sent; a client that holds on is left.
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    while stream.read(&mut piece).is_ok_and(|count| count > 0) {}
    Ok(())
}

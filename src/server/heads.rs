//! Where the heads of requests begin and end on a connection, and which of them somebody else could read in another
//! way: a server before this one, for instance, which would then take a part of one request for another.

/// As much of a line as is kept: the lines that are looked at are shorter.
const KEPT: usize = 64;

/// Follows the bytes of a connection.
#[derive(Default)]
pub struct Heads {
    place: Place,
    /// The line so far, or the first part of it.
    line: Vec<u8>,
    after_cr: bool,
    /// Whether the head has a line.
    begun: bool,
    lengths: Vec<u64>,
    codings: usize,
    spoilt: bool,
    complete: u64,
}

/// Which part of a request comes next.
#[derive(Default)]
enum Place {
    #[default]
    Head,
    /// So many bytes of a body.
    Body(u64),
    /// A body in chunks; no further request follows it, because the connection is closed after the answer.
    Chunks,
}

impl Heads {
    /// Looks at what comes next. Gives the place of the byte that must not be passed on, because the head would be
    /// complete with it, or its line: it ends in another way than by CR LF (RFC 9112, section 2.2), is the
    /// continuation of another (5.2), or has two lengths or a coding beside `chunked` (6.1 and 6.3).
    pub fn look(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match self.place {
                Place::Chunks => return None,
                Place::Body(left) => {
                    let there = bytes.len() - at;
                    let skipped = usize::try_from(left).unwrap_or(usize::MAX).min(there);
                    at += skipped;
                    let left = left.saturating_sub(skipped as u64);
                    self.place = if left == 0 { Place::Head } else { Place::Body(left) };
                }
                Place::Head => {
                    if !self.takes(*byte) {
                        self.spoilt = true;
                        return Some(at);
                    }
                    at += 1;
                }
            }
        }
        None
    }

    /// Whether there was such a byte.
    pub const fn is_spoilt(&self) -> bool {
        self.spoilt
    }

    /// How many requests have come, where nothing of a further one has. Nothing, too, within or after a body in chunks.
    pub fn between(&self) -> Option<u64> {
        let whole = !self.spoilt && !self.begun && !self.after_cr && self.line.is_empty();
        (whole && matches!(self.place, Place::Head)).then_some(self.complete)
    }

    /// How many of the bytes that come next belong to empty lines before a head, which mean nothing (RFC 9112, section
    /// 2.2): some clients end a body with one.
    pub fn blank(&self, bytes: &[u8]) -> usize {
        let before = matches!(self.place, Place::Head) && !self.begun && self.line.is_empty();
        let count = || bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if before { count() } else { 0 }
    }

    fn takes(&mut self, byte: u8) -> bool {
        match (self.after_cr, byte) {
            (true, b'\n') => {
                self.after_cr = false;
                let mut line = std::mem::take(&mut self.line);
                let taken = if line.is_empty() { !self.begun || self.ends() } else { self.has(&line) };
                // Its room is there for the next one.
                line.clear();
                self.line = line;
                taken
            }
            (true, _) | (false, b'\n') => false,
            (false, b'\r') => {
                self.after_cr = true;
                true
            }
            (false, byte) => {
                if self.line.len() < KEPT {
                    self.line.push(byte);
                }
                true
            }
        }
    }

    /// Takes a line of the head.
    fn has(&mut self, line: &[u8]) -> bool {
        if !std::mem::replace(&mut self.begun, true) {
            return true;
        }
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let value = line.get(name.len() + 1..).unwrap_or_default().trim_ascii();
        if name.trim_ascii().eq_ignore_ascii_case(b"content-length") {
            let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let number: Option<u64> = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            self.lengths.extend(number);
            return digits && number.is_some() && line.len() < KEPT && self.lengths.len() == 1;
        }
        if name.trim_ascii().eq_ignore_ascii_case(b"transfer-encoding") {
            self.codings += 1;
            return value.eq_ignore_ascii_case(b"chunked") && self.codings == 1;
        }
        !line.starts_with(b" ") && !line.starts_with(b"\t")
    }

    /// Takes the end of the head.
    fn ends(&mut self) -> bool {
        let chunked = self.codings > 0;
        let length = self.lengths.pop();
        self.place = match length {
            _ if chunked => Place::Chunks,
            None | Some(0) => Place::Head,
            Some(length) => Place::Body(length),
        };
        (self.begun, self.codings) = (false, 0);
        self.complete += 1;
        !(chunked && length.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is passed on of these bytes, all of them together and one by one.
    fn passed(text: &str) -> &str {
        let bytes = text.as_bytes();
        let together = Heads::default().look(bytes);
        let mut heads = Heads::default();
        let single = (0..bytes.len()).find(|at| heads.look(&bytes[*at..=*at]).is_some());
        assert_eq!(together, single, "{text:?}");
        &text[..together.unwrap_or(bytes.len())]
    }

    #[test]
    fn what_is_clear_is_passed_on() {
        for clear in [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n\n\n\nPOST / HTTP/1.1\r\ncontent-length:0\r\n\r\nGET /",
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\n\n\r\n0\r\n\r\n",
        ] {
            assert_eq!(passed(clear), clear);
        }
    }

    #[test]
    fn it_is_known_where_one_request_ends_and_nothing_of_the_next_has_come() {
        let bytes = b"GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n\n\n\r\nGET /";
        let mut heads = Heads::default();
        let mut between = vec![(0, 0)];
        for (at, byte) in (1..).zip(bytes) {
            assert_eq!(heads.look(&[*byte]), None);
            between.extend(heads.between().map(|complete| (at, complete)));
        }
        // A line of its own before a head means nothing.
        assert_eq!(between, [(0, 0), (18, 1), (58, 2), (60, 2)]);
        assert_eq!(heads.look(b"\n"), Some(0));
        assert_eq!(heads.between(), None);
    }

    #[test]
    fn empty_lines_before_a_head_are_known_however_they_are_cut() {
        let mut heads = Heads::default();
        for (piece, blank) in
            [("\r\n\r", 3), ("\nGET /", 1), (" HTTP/1.1\r", 0), ("\n", 0), ("\r\n", 0), ("\r\n", 2)]
        {
            assert_eq!(heads.blank(piece.as_bytes()), blank, "{piece:?}");
            assert_eq!(heads.look(piece.as_bytes()), None);
        }
        let body = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(heads.look(body), None);
        assert_eq!(heads.blank(b"\r\n"), 0);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_not() {
        let long = format!("Content-Length: {}5\r\n", "0".repeat(KEPT));
        for line in [
            "X: 1\nY: 2\r\n",
            "X: 1\rY: 2\r\n",
            "X: 1\r\n folded\r\n",
            "X: 1\r\n\tfolded\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\ncontent-length: 6\r\n",
            "Content-Length : 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999999\r\n",
            long.as_str(),
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            "Transfer-Encoding: identity, chunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: \u{b}chunked\r\n",
        ] {
            let start = "POST / HTTP/1.1\r\n";
            for before in ["", "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n\n\n"] {
                let whole = format!("{before}{start}{line}\r\n");
                let passed = passed(&whole);
                assert!(passed.len() < whole.len() && passed.len() >= before.len(), "{whole:?}");
            }
        }
        assert_eq!(passed("GET / HTTP/1.1\nHost: x\n\n"), "GET / HTTP/1.1");
    }
}

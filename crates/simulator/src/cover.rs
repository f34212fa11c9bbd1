//! Covers: small pictures, drawn from the colour and the id of a title.

const WIDTH: u32 = 50;
const HEIGHT: u32 = 70;

/// The cover of a title as a PNG.
pub(crate) fn png(id: u32, colour: &str) -> Vec<u8> {
    let mut pixels = Vec::new();
    let base = rgb(colour);
    let lean = 20 + id % 40;
    for y in 0..HEIGHT {
        // Each row begins with the number of its filter: none.
        pixels.push(0);
        for x in 0..WIDTH {
            let across = (x * 3 + y * 2 + id * 7) % (lean * 4);
            let light = if across < lean { 24 } else { 0 } + (HEIGHT - y) / 2;
            let dark = if (x + id) % 17 == y % 17 { 30 } else { 0 };
            for part in base {
                let value = (u32::from(part) + light).saturating_sub(dark);
                pixels.push(u8::try_from(value).unwrap_or(u8::MAX));
            }
        }
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let head = [WIDTH.to_be_bytes(), HEIGHT.to_be_bytes()].concat();
    chunk(
        &mut file,
        *b"IHDR",
        &[head.as_slice(), &[8, 2, 0, 0, 0]].concat(),
    );
    chunk(&mut file, *b"IDAT", &stored(&pixels));
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn rgb(colour: &str) -> [u8; 3] {
    let part = |at: usize| {
        let digits = colour.get(at..at + 2);
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())
    };
    [1, 3, 5].map(|at| part(at).unwrap_or(0x60))
}

/// A zlib stream that packs nothing.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend(((b << 16) | a).to_be_bytes());
    out
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    file.extend(length.to_be_bytes());
    let mut crc = u32::MAX;
    for byte in kind.iter().chain(data) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    file.extend(kind);
    file.extend(data);
    file.extend((!crc).to_be_bytes());
}

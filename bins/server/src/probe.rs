//! Asking a running server whether it answers, for whoever starts it again when it does not.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail};

const PATIENCE: Duration = Duration::from_secs(4);

/// Asks at the address a server with these settings listens on; an error unless it says that it is well.
pub(crate) fn ask(listen: SocketAddr) -> anyhow::Result<()> {
    let address = SocketAddr::new(this_machine(listen.ip()), listen.port());
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.take(4_096).read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = asked().with_context(|| format!("nobody answers at {address}"))?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        bail!("what answers at {address} is not well: {status}");
    }
    Ok(())
}

/// Who listens everywhere is asked at home.
const fn this_machine(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    }
}

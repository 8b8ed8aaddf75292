using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports;

/// <summary>A certificate of ours in the form that the TLS stack wants.</summary>
internal sealed class OwnCertificate(X509Certificate2 certificate, ulong number, long made) : IDisposable
{
    internal long Made { get; } = made;

    internal ulong Number { get; } = number;

    internal X509Certificate2 Certificate { get; } = certificate;

    internal SslStreamCertificateContext Context { get; } =
        SslStreamCertificateContext.Create(certificate, null, offline: true);

    internal byte[] Fingerprint { get; } = SHA256.HashData(certificate.RawDataMemory.Span);

    public void Dispose() => Certificate.Dispose();
}

/// <summary>
/// Our certificate: made afresh at first use and after a day, with a higher number each time. A stolen P-256 key is
/// good with those who have not seen a newer certificate since, so not for long with those whom this node meets every
/// day. One that was replaced is kept for a while, for handshakes that began with it.
/// </summary>
internal sealed class LinkCertificates(
    LocalIdentity identity, CertificateCounter numbers, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromDays(1);

    // Longer than any handshake.
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(5);

    private readonly object _lock = new();
    private readonly Queue<(OwnCertificate Certificate, long Replaced)> _previous = [];
    private OwnCertificate? _current;

    internal OwnCertificate Current
    {
        get
        {
            lock (_lock)
            {
                if (_current is null || time.GetElapsedTime(_current.Made) >= Period)
                    Replace();
                return _current!;
            }
        }
    }

    /// <summary>Makes another one now.</summary>
    internal void Renew()
    {
        lock (_lock)
            Replace();
    }

    public void Dispose()
    {
        _current?.Dispose();
        foreach ((OwnCertificate certificate, _) in _previous)
            certificate.Dispose();
    }

    private void Replace()
    {
        long now = time.GetTimestamp();
        while (_previous.TryPeek(out (OwnCertificate Certificate, long Replaced) oldest)
            && time.GetElapsedTime(oldest.Replaced, now) >= KeptFor)
        {
            _previous.Dequeue();
            oldest.Certificate.Dispose();
        }

        if (_current is not null)
            _previous.Enqueue((_current, now));
        ulong number = numbers.Next();
        _current = new OwnCertificate(LinkCertificate.Create(identity, number), number, now);
    }
}

using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     CredentialType credential_type;                 uint16
//     select (Credential.credential_type) {
//         case basic: opaque identity<V>;
//         case x509:  Certificate certificates<V>;    struct { opaque cert_data<V>; }
//     };
// } Credential;                                       RFC 9420, section 5.3
/// <summary>
/// Who a member claims to be. The library checks its form; the application's validator checks its truth.
/// </summary>
public sealed class Credential
{
    private readonly ReadOnlyMemory<byte> _content;

    private Credential(ushort type, ReadOnlyMemory<byte> encoded, ReadOnlyMemory<byte> content)
    {
        Type = type;
        Encoded = encoded;
        _content = content;
    }

    /// <summary>See <see cref="CredentialType"/>.</summary>
    public ushort Type { get; }

    /// <summary>The whole credential as it stands in a leaf node.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The identity of a basic credential; empty for an X.509 one.</summary>
    public ReadOnlyMemory<byte> Identity => Type == CredentialType.Basic ? _content : default;

    /// <summary>The DER certificates of an X.509 credential, end entity first; empty for a basic one.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates
    {
        get
        {
            List<ReadOnlyMemory<byte>> list = [];
            if (Type == CredentialType.X509)
            {
                MlsReader reader = new(_content);
                while (reader.TryReadVector(out ReadOnlyMemory<byte> certificate))
                    list.Add(certificate);
            }
            return list;
        }
    }

    /// <summary>Makes a basic credential.</summary>
    /// <param name="identity">Whatever the application calls an identity.</param>
    public static Credential Basic(ReadOnlySpan<byte> identity)
    {
        using MlsWriter writer = new(identity.Length + 8);
        writer.UInt16(CredentialType.Basic);
        writer.Vector(identity);
        return FromEncoded(writer.ToArray());
    }

    /// <summary>Makes an X.509 credential.</summary>
    /// <param name="certificates">DER certificates, end entity first.</param>
    public static Credential X509(IEnumerable<ReadOnlyMemory<byte>> certificates)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        using MlsWriter writer = new();
        writer.UInt16(CredentialType.X509);
        int mark = writer.Begin();
        foreach (ReadOnlyMemory<byte> certificate in certificates)
            writer.Vector(certificate);
        writer.End(mark);
        return FromEncoded(writer.ToArray());
    }

    /// <summary>Whether two credentials encode alike.</summary>
    public bool SameAs(Credential other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Encoded.Span.SequenceEqual(other.Encoded.Span);
    }

    internal static bool TryRead(ref MlsReader reader, out Credential credential)
    {
        int start = reader.Position;
        bool ok = TrySkip(ref reader, out ushort type, out ReadOnlyMemory<byte> content);
        credential = ok ? new Credential(type, reader.Since(start), content) : null!;
        return ok;
    }

    /// <summary>
    /// Checks a credential without keeping it. A type that is unknown has no known end, so it cannot be read.
    /// </summary>
    internal static bool TrySkip(ref MlsReader reader, out ushort type, out ReadOnlyMemory<byte> content)
    {
        content = default;
        if (!reader.TryReadUInt16(out type) || type is not (CredentialType.Basic or CredentialType.X509)
            || !reader.TryReadVector(out content))
            return false;
        if (type == CredentialType.Basic)
            return true;
        MlsReader certificates = new(content);
        while (!certificates.AtEnd)
        {
            if (!certificates.TryReadVector(out _))
                return false;
        }
        return true;
    }

    /// <summary>Parses an encoding that was checked before.</summary>
    internal static Credential FromEncoded(ReadOnlyMemory<byte> encoded)
    {
        MlsReader reader = new(encoded);
        return TryRead(ref reader, out Credential credential)
            ? credential
            : throw new InvalidOperationException("The credential was checked before.");
    }
}

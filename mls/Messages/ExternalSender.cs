using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     SignaturePublicKey signature_key;               opaque<V>
//     Credential credential;
// } ExternalSender;                                   RFC 9420, section 12.1.8.1
/// <summary>Somebody outside the group who may send proposals to it.</summary>
/// <param name="SignatureKey">The public signature key.</param>
/// <param name="Credential">The credential.</param>
public sealed record ExternalSender(ReadOnlyMemory<byte> SignatureKey, Credential Credential)
{
    /// <summary>The external_senders extension for the group context.</summary>
    public static Extension ToExtension(IEnumerable<ExternalSender> senders)
    {
        ArgumentNullException.ThrowIfNull(senders);
        using MlsWriter writer = new();
        int mark = writer.Begin();
        foreach (ExternalSender sender in senders)
        {
            writer.Vector(sender.SignatureKey);
            writer.Raw(sender.Credential.Encoded);
        }
        writer.End(mark);
        return new Extension(ExtensionType.ExternalSenders, writer.ToArray());
    }

    internal bool SameAs(ExternalSender other) =>
        SignatureKey.Span.SequenceEqual(other.SignatureKey.Span) && Credential.SameAs(other.Credential);

    internal static bool TryParse(ReadOnlyMemory<byte> data, out ExternalSender[] senders)
    {
        senders = [];
        MlsReader outer = new(data);
        if (!outer.TryReadNested(out MlsReader list) || !outer.AtEnd)
            return false;
        List<ExternalSender> read = [];
        while (!list.AtEnd)
        {
            if (!list.TryReadVector(out ReadOnlyMemory<byte> key)
                || !Credential.TryRead(ref list, out Credential credential))
                return false;
            read.Add(new ExternalSender(key, credential));
        }
        senders = [.. read];
        return true;
    }
}

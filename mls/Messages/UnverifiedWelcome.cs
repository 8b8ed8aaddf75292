using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     KeyPackageRef new_member;                       opaque<V>
//     HPKECiphertext encrypted_group_secrets;
// } EncryptedGroupSecrets;
internal readonly record struct EncryptedGroupSecrets(ReadOnlyMemory<byte> NewMember, HpkeCiphertext Secrets);

// struct {
//     CipherSuite cipher_suite;                       uint16
//     EncryptedGroupSecrets secrets<V>;
//     opaque encrypted_group_info<V>;
// } Welcome;                                          RFC 9420, section 12.4.3.1
/// <summary>An invitation to a group that nobody has opened yet.</summary>
public sealed class UnverifiedWelcome
{
    private readonly ReadOnlyMemory<byte> _secrets;

    private UnverifiedWelcome(ushort suite, ReadOnlyMemory<byte> secrets, ReadOnlyMemory<byte> groupInfo)
    {
        CipherSuite = (CipherSuite)suite;
        _secrets = secrets;
        EncryptedGroupInfo = groupInfo;
    }

    /// <summary>The cipher suite of the group; it may be one that this library does not know.</summary>
    public CipherSuite CipherSuite { get; }

    internal ReadOnlyMemory<byte> EncryptedGroupInfo { get; }

    /// <summary>Parses an MLSMessage that carries a Welcome.</summary>
    public static MlsResult<UnverifiedWelcome> Parse(ReadOnlySpan<byte> message)
    {
        MlsReader reader = new(message.ToArray());
        if (!MlsFrame.TryReadHeader(ref reader, out WireFormat format, out MlsError error))
            return error;
        if (format != WireFormat.Welcome)
            return Errors.WrongFormat;
        return TryRead(ref reader, out UnverifiedWelcome welcome) && reader.AtEnd ? welcome
            : Errors.Malformed("12.4.3.1");
    }

    internal static bool TryRead(ref MlsReader reader, out UnverifiedWelcome welcome)
    {
        welcome = null!;
        if (!reader.TryReadUInt16(out ushort suite) || !reader.TryReadVector(out ReadOnlyMemory<byte> secrets)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> groupInfo))
        {
            return false;
        }
        MlsReader list = new(secrets);
        while (!list.AtEnd)
        {
            if (!TryReadEntry(ref list, out _))
                return false;
        }
        welcome = new UnverifiedWelcome(suite, secrets, groupInfo);
        return true;
    }

    /// <summary>Finds the secrets of the owner of a key package.</summary>
    internal bool TryFind(ReadOnlySpan<byte> keyPackageRef, out HpkeCiphertext secrets)
    {
        MlsReader list = new(_secrets);
        while (TryReadEntry(ref list, out EncryptedGroupSecrets entry))
        {
            if (entry.NewMember.Span.SequenceEqual(keyPackageRef))
            {
                secrets = entry.Secrets;
                return true;
            }
        }
        secrets = default;
        return false;
    }

    /// <summary>The references of all key packages that the Welcome is for.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> Recipients()
    {
        List<ReadOnlyMemory<byte>> recipients = [];
        MlsReader list = new(_secrets);
        while (TryReadEntry(ref list, out EncryptedGroupSecrets entry))
            recipients.Add(entry.NewMember);
        return recipients;
    }

    internal static byte[] CreateMessage(
        CipherSuite suite, IReadOnlyList<EncryptedGroupSecrets> secrets, ReadOnlySpan<byte> encryptedGroupInfo)
    {
        using MlsWriter writer = new(encryptedGroupInfo.Length + 256);
        MlsFrame.WriteHeader(writer, WireFormat.Welcome);
        writer.UInt16((ushort)suite);
        int mark = writer.Begin();
        foreach (EncryptedGroupSecrets entry in secrets)
        {
            writer.Vector(entry.NewMember);
            entry.Secrets.Write(writer);
        }
        writer.End(mark);
        writer.Vector(encryptedGroupInfo);
        return writer.ToArray();
    }

    private static bool TryReadEntry(ref MlsReader list, out EncryptedGroupSecrets entry)
    {
        entry = default;
        if (!list.TryReadVector(out ReadOnlyMemory<byte> member)
            || !HpkeCiphertext.TryRead(ref list, out HpkeCiphertext secrets))
            return false;
        entry = new EncryptedGroupSecrets(member, secrets);
        return true;
    }
}

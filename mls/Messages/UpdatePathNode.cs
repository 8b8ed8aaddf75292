using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     HPKEPublicKey encryption_key;                   opaque<V>
//     HPKECiphertext encrypted_path_secret<V>;
// } UpdatePathNode;                                   RFC 9420, section 7.6
/// <summary>A receiver needs one of the ciphertexts, so they stay encoded.</summary>
internal sealed class UpdatePathNode(ReadOnlyMemory<byte> encryptionKey, ReadOnlyMemory<byte> ciphertexts, int count)
{
    internal ReadOnlyMemory<byte> EncryptionKey { get; } = encryptionKey;

    internal int CiphertextCount { get; } = count;

    internal static bool TryRead(ref MlsReader reader, out UpdatePathNode node)
    {
        node = null!;
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> key) || !reader.TryReadVector(out ReadOnlyMemory<byte> body))
            return false;
        int count = 0;
        MlsReader list = new(body);
        for (; !list.AtEnd; count++)
        {
            if (!HpkeCiphertext.TryRead(ref list, out _))
                return false;
        }
        node = new UpdatePathNode(key, body, count);
        return true;
    }

    internal HpkeCiphertext Ciphertext(int index)
    {
        MlsReader list = new(ciphertexts);
        HpkeCiphertext value;
        do
        {
            if (!HpkeCiphertext.TryRead(ref list, out value))
                throw new ArgumentOutOfRangeException(nameof(index));
        }
        while (index-- > 0);
        return value;
    }

    internal void Write(MlsWriter writer)
    {
        writer.Vector(EncryptionKey);
        writer.Vector(ciphertexts);
    }
}

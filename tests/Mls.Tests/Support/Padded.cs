using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>A private message with a padding of one's own choice, which the library itself never makes.</summary>
internal static class Padded
{
    internal static byte[] Encrypt(Group from, FramedContent content, byte[] signature, byte[] padding)
    {
        Suite suite = from.Current.Suite;
        MessageKey key = from.Current.SecretTree.Ratchet(new LeafIndex(content.Sender.Index), handshake: false)
            .TakeNext(suite)!.Value;
        using MlsWriter plaintext = new();
        plaintext.Raw(content.Body);
        plaintext.Vector(signature);
        plaintext.Raw(padding);
        using MlsWriter aad = new();
        PrivateMessage.WriteSenderDataAad(aad, content.GroupId.Span, content.Epoch, content.ContentType);
        byte[] shortAad = aad.ToArray();
        aad.Vector(content.AuthenticatedData);
        byte[] ciphertext = new byte[plaintext.Length + AeadCipher.TagSize];
        AeadCipher.Seal(suite.Aead, key.Key, key.Nonce, aad.Written, plaintext.Written, ciphertext);
        byte[] dataKey = new byte[suite.KeySize];
        byte[] dataNonce = new byte[AeadCipher.NonceSize];
        MessageProtection.SenderDataKey(suite, from.Current.Secrets.SenderDataSecret, ciphertext, dataKey, dataNonce);
        byte[] data = new byte[SenderData.Size];
        new SenderData(content.Sender.Index, key.Generation, 0).Write(data);
        byte[] encrypted = new byte[SenderData.Size + AeadCipher.TagSize];
        AeadCipher.Seal(suite.Aead, dataKey, dataNonce, shortAad, data, encrypted);
        return new PrivateMessage
        {
            GroupId = content.GroupId,
            Epoch = content.Epoch,
            ContentType = content.ContentType,
            AuthenticatedData = content.AuthenticatedData,
            EncryptedSenderData = encrypted,
            Ciphertext = ciphertext,
        }.ToMessage();
    }
}

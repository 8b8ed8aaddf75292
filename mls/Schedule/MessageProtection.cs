using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Schedule;

/// <summary>Encryption and decryption of PrivateMessage (RFC 9420, section 6.3).</summary>
internal static class MessageProtection
{
    /// <summary>
    /// Encrypts signed content of a member with the next key of its ratchet; null if the ratchet is exhausted.
    /// </summary>
    internal static PrivateMessage? Protect(
        Suite suite, SecretTree secretTree, ReadOnlySpan<byte> senderDataSecret, AuthenticatedContent authenticated,
        PaddingPolicy padding, RandomFill random)
    {
        FramedContent content = authenticated.Content;
        LeafIndex sender = new(content.Sender.Index);
        if (secretTree.Ratchet(sender, content.ContentType != ContentType.Application).TakeNext(suite) is not { } key)
            return null;

        Span<byte> guard = stackalloc byte[4];
        random(guard);
        SenderData senderData =
            new(sender.Value, key.Generation, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(guard));
        senderData.Guard(key.Nonce);

        // struct { content; FramedContentAuthData auth; opaque padding[length_of_padding]; } PrivateMessageContent;
        using MlsWriter plaintext = new(content.Body.Length + 256);
        plaintext.Raw(content.Body);
        authenticated.WriteAuth(plaintext);
        plaintext.Take(padding.PaddingFor(content.ContentType, plaintext.Length)).Clear();

        using MlsWriter aad = new();
        PrivateMessage.WriteSenderDataAad(aad, content.GroupId.Span, content.Epoch, content.ContentType);
        int senderDataAadLength = aad.Length;
        aad.Vector(content.AuthenticatedData);
        byte[] ciphertext = new byte[plaintext.Length + AeadCipher.TagSize];
        AeadCipher.Seal(suite.Aead, key.Key, key.Nonce, aad.Written, plaintext.Written, ciphertext);
        key.Zero();

        Span<byte> encodedSenderData = stackalloc byte[SenderData.Size];
        senderData.Write(encodedSenderData);
        byte[] encryptedSenderData = new byte[SenderData.Size + AeadCipher.TagSize];
        Span<byte> dataKey = stackalloc byte[32];
        dataKey = dataKey[..suite.KeySize];
        Span<byte> dataNonce = stackalloc byte[AeadCipher.NonceSize];
        SenderDataKey(suite, senderDataSecret, ciphertext, dataKey, dataNonce);
        AeadCipher.Seal(suite.Aead, dataKey, dataNonce, aad.Written[..senderDataAadLength], encodedSenderData,
            encryptedSenderData);
        CryptographicOperations.ZeroMemory(dataKey);
        return new PrivateMessage
        {
            GroupId = content.GroupId,
            Epoch = content.Epoch,
            ContentType = content.ContentType,
            AuthenticatedData = content.AuthenticatedData,
            EncryptedSenderData = encryptedSenderData,
            Ciphertext = ciphertext,
        };
    }

    /// <summary>Decrypts who sent a message.</summary>
    internal static bool TryOpenSenderData(
        Suite suite, ReadOnlySpan<byte> senderDataSecret, PrivateMessage message, out SenderData senderData)
    {
        senderData = default;
        Span<byte> key = stackalloc byte[32];
        key = key[..suite.KeySize];
        Span<byte> nonce = stackalloc byte[AeadCipher.NonceSize];
        SenderDataKey(suite, senderDataSecret, message.Ciphertext.Span, key, nonce);
        using MlsWriter aad = new();
        PrivateMessage.WriteSenderDataAad(aad, message.GroupId.Span, message.Epoch, message.ContentType);
        Span<byte> plaintext = stackalloc byte[SenderData.Size];
        bool ok = message.EncryptedSenderData.Length == SenderData.Size + AeadCipher.TagSize
            && AeadCipher.TryOpen(suite.Aead, key, nonce, aad.Written, message.EncryptedSenderData.Span, plaintext)
            && SenderData.TryRead(plaintext, out senderData);
        CryptographicOperations.ZeroMemory(key);
        return ok;
    }

    /// <summary>Decrypts the content and puts it back into its frame.</summary>
    internal static MlsError Open(
        Suite suite, MessageKey key, SenderData senderData, PrivateMessage message,
        out AuthenticatedContent authenticated)
    {
        authenticated = null!;
        using MlsWriter aad = new(256 + message.AuthenticatedData.Length);
        PrivateMessage.WriteSenderDataAad(aad, message.GroupId.Span, message.Epoch, message.ContentType);
        aad.Vector(message.AuthenticatedData);
        if (message.Ciphertext.Length < AeadCipher.TagSize)
            return Errors.At(MlsErrorCode.DecryptionFailed, "6.3.1");
        Span<byte> nonce = stackalloc byte[AeadCipher.NonceSize];
        key.Nonce.CopyTo(nonce);
        senderData.Guard(nonce);

        // The header that the frame has in the clear, then the decrypted content: one buffer, read as one.
        using MlsWriter frame = new(message.Ciphertext.Length + message.AuthenticatedData.Length + 256);
        FramedHeader header = new(
            message.GroupId, message.Epoch, new Sender(SenderType.Member, senderData.LeafIndex),
            message.AuthenticatedData);
        header.Write(frame, message.ContentType);
        Span<byte> plaintext = frame.Take(message.Ciphertext.Length - AeadCipher.TagSize);
        if (!AeadCipher.TryOpen(suite.Aead, key.Key, nonce, aad.Written, message.Ciphertext.Span, plaintext))
            return Errors.At(MlsErrorCode.DecryptionFailed, "6.3.1");
        MlsReader reader = new(frame.ToArray());
        if (!FramedContent.TryRead(ref reader, out FramedContent content)
            || !AuthenticatedContent.TryReadAuth(ref reader, content.ContentType, out ReadOnlyMemory<byte> signature,
                out ReadOnlyMemory<byte> tag))
        {
            return Errors.Malformed("6.3.1");
        }
        reader.TryReadBytes(reader.Remaining, out ReadOnlySpan<byte> padding);
        if (padding.ContainsAnyExcept((byte)0))
            return Errors.At(MlsErrorCode.InvalidPadding, "6.3.1");
        authenticated = new AuthenticatedContent(WireFormat.PrivateMessage, content, signature, tag);
        return MlsError.None;
    }

    /// <summary>The key and nonce for sender data, from a sample of the ciphertext (section 6.3.2).</summary>
    internal static void SenderDataKey(
        Suite suite, ReadOnlySpan<byte> senderDataSecret, ReadOnlySpan<byte> ciphertext, Span<byte> key,
        Span<byte> nonce)
    {
        ReadOnlySpan<byte> sample = ciphertext[..Math.Min(ciphertext.Length, suite.HashSize)];
        suite.ExpandWithLabel(senderDataSecret, "key"u8, sample, key);
        suite.ExpandWithLabel(senderDataSecret, "nonce"u8, sample, nonce);
    }
}

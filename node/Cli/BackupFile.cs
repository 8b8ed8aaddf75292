using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>A group that the node was in: what it takes to be invited again, and no key.</summary>
internal sealed record BackupGroup(string Name, IReadOnlyList<string> Members);

/// <summary>
/// What a backup holds beside the identity. No key of a group is in it, no counter and no nonce: whoever restores an old
/// backup could otherwise use one twice. Groups are joined again.
/// </summary>
internal sealed record BackupContent(IReadOnlyList<KeyValuePair<string, NodeAddress>> Contacts, IReadOnlyList<BackupGroup> Groups);

/// <summary>
/// The file of <c>ctl backup</c>, three lines of text:
/// <code>
/// qpc-mesh backup 1
/// qpcsecret1...                       the identity under a passphrase (BackupString)
/// base64 of nonce(24) | box           the rest as JSON, XChaCha20-Poly1305
/// </code>
/// The key of the box derives from the identity, the first two lines are authenticated with it. The nonce is drawn afresh
/// for each file.
/// </summary>
internal static class BackupFile
{
    /// <summary>Larger files are refused; arbitrary, room for some ten thousand contacts.</summary>
    internal const int MaxBytes = 2 << 20;

    private const string FirstLine = "qpc-mesh backup 1";

    private static ReadOnlySpan<byte> Purpose => "qpc-mesh/1 backup file"u8;

    /// <summary>Makes the text of a file.</summary>
    internal static string Write(LocalIdentity identity, ReadOnlySpan<byte> passphrase, BackupContent content, RandomFill random, Argon2Cost? cost = null)
    {
        string head = FirstLine + "\n" + BackupString.Export(identity, passphrase, cost, random) + "\n";
        byte[] json = ToJson(content);
        byte[] sealedBytes = new byte[XChaChaPoly.NonceSize + json.Length + XChaChaPoly.TagSize];
        Span<byte> key = stackalloc byte[XChaChaPoly.KeySize];
        try
        {
            random(sealedBytes.AsSpan(0, XChaChaPoly.NonceSize));
            identity.DeriveKey(Purpose, key);
            XChaChaPoly.Seal(
                key, sealedBytes.AsSpan(0, XChaChaPoly.NonceSize), Encoding.ASCII.GetBytes(head), json, sealedBytes.AsSpan(XChaChaPoly.NonceSize));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }

        return head + Convert.ToBase64String(sealedBytes) + "\n";
    }

    /// <summary>The passphrase is needed; anything else is no backup, and <see cref="TryRead"/> says so.</summary>
    internal static bool NeedsPassphrase(string text) =>
        text.Split('\n') is [FirstLine, var secret, ..] && BackupString.NeedsPassphrase(secret);

    /// <summary>Reads a file; the error is one sentence that shows nothing of what is in it.</summary>
    internal static bool TryRead(
        string text, ReadOnlySpan<byte> passphrase, [NotNullWhen(true)] out LocalIdentity? identity,
        [NotNullWhen(true)] out BackupContent? content, [NotNullWhen(false)] out string? error)
    {
        identity = null;
        content = null;
        if (text.Split('\n') is not [FirstLine, var secret, var box, ""])
        {
            error = $"this is no backup file: one has three lines, and the first is '{FirstLine}'";
            return false;
        }

        if (!BackupString.TryImport(secret, passphrase, out LocalIdentity? opened, out error))
            return false;
        content = Open(opened, FirstLine + "\n" + secret + "\n", box);
        if (content is null)
        {
            opened.Dispose();
            error = "the contacts and groups of this backup are damaged; the identity alone is restored by: qpc-mesh identity import, with its second line";
            return false;
        }

        identity = opened;
        return true;
    }

    private static BackupContent? Open(LocalIdentity identity, string head, string box)
    {
        byte[] bytes = new byte[box.Length];
        if (!Convert.TryFromBase64String(box, bytes, out int length) || length < XChaChaPoly.NonceSize + XChaChaPoly.TagSize)
            return null;
        byte[] json = new byte[length - XChaChaPoly.NonceSize - XChaChaPoly.TagSize];
        Span<byte> key = stackalloc byte[XChaChaPoly.KeySize];
        try
        {
            identity.DeriveKey(Purpose, key);
            return XChaChaPoly.TryOpen(
                key, bytes.AsSpan(0, XChaChaPoly.NonceSize), Encoding.ASCII.GetBytes(head), bytes.AsSpan(XChaChaPoly.NonceSize..length), json)
                ? FromJson(json)
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] ToJson(BackupContent content)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteStartObject("contacts");
            foreach ((string alias, NodeAddress address) in content.Contacts)
                json.WriteString(alias, address.ToString());
            json.WriteEndObject();
            json.WriteStartObject("groups");
            foreach (BackupGroup group in content.Groups)
            {
                json.WriteStartArray(group.Name);
                foreach (string member in group.Members)
                    json.WriteStringValue(member);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>It was authenticated, so another version of this program wrote it: what this one does not understand is an error.</summary>
    private static BackupContent? FromJson(byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            var contacts = new List<KeyValuePair<string, NodeAddress>>();
            foreach (JsonProperty contact in document.RootElement.GetProperty("contacts").EnumerateObject())
            {
                if (!NodeAddress.TryParse(contact.Value.GetString() ?? "", out NodeAddress address, out _))
                    return null;
                contacts.Add(new KeyValuePair<string, NodeAddress>(contact.Name, address));
            }

            BackupGroup[] groups = [.. document.RootElement.GetProperty("groups").EnumerateObject().Select(g =>
                new BackupGroup(g.Name, [.. g.Value.EnumerateArray().Select(m => m.GetString() ?? "")]))];
            return new BackupContent(contacts, groups);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}

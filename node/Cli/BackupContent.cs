using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>A conversation of several that the node took part in.</summary>
internal enum BackupGroupKind
{
    /// <summary>An MLS-Lite group.</summary>
    Lite,

    /// <summary>An MLS group.</summary>
    Mls,

    /// <summary>A channel; nobody knows who reads it.</summary>
    Channel,
}

/// <summary>A group or channel that the node was in: what it takes to be let in again, and no key.</summary>
internal sealed record BackupGroup(BackupGroupKind Kind, string Name, IReadOnlyList<string> Members);

/// <summary>
/// What a backup holds beside the identity. No key of a group or channel is in it, no counter and no nonce: whoever
/// restores an old backup could otherwise use one twice. Groups and channels are joined again.
/// </summary>
/// <param name="Names">Aliases, and what they stand for.</param>
/// <param name="People">Those whose card the owner took, or whose safety number was compared.</param>
/// <param name="Blocked">Those who are not heard.</param>
/// <param name="Groups">Groups and channels.</param>
internal sealed record BackupContent(
    IReadOnlyList<KeyValuePair<string, NodeAddress>> Names, IReadOnlyList<Contact> People,
    IReadOnlyList<NodeAddress> Blocked, IReadOnlyList<BackupGroup> Groups);

/// <summary>
/// What is in the box of a backup:
/// <code>
/// { "contacts": {"bob": "qpc1..."}, "people": ["base64 of Contact"...], "blocked": ["qpc1..."...],
///   "groups": {"name": ["qpc1..."...]}, "mlsGroups": ..., "channels": {"name": []} }
/// </code>
/// Files of earlier versions lack people, blocked, mlsGroups and channels.
/// </summary>
internal static class BackupJson
{
    private const string Names = "contacts";
    private const string People = "people";
    private const string Blocked = "blocked";

    private static readonly BackupGroupKind[] _kinds =
        [BackupGroupKind.Lite, BackupGroupKind.Mls, BackupGroupKind.Channel];

    internal static byte[] Write(BackupContent content)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteStartObject(Names);
            foreach ((string alias, NodeAddress address) in content.Names)
                json.WriteString(alias, address.ToString());
            json.WriteEndObject();
            json.WriteStartArray(People);
            foreach (Contact contact in content.People)
                json.WriteBase64StringValue(contact.ToBytes());
            json.WriteEndArray();
            json.WriteStartArray(Blocked);
            foreach (NodeAddress address in content.Blocked)
                json.WriteStringValue(address.ToString());
            json.WriteEndArray();
            foreach (BackupGroupKind kind in _kinds)
            {
                json.WriteStartObject(NameOf(kind));
                foreach (BackupGroup group in content.Groups.Where(g => g.Kind == kind))
                {
                    json.WriteStartArray(group.Name);
                    foreach (string member in group.Members)
                        json.WriteStringValue(member);
                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static string NameOf(BackupGroupKind kind) => kind switch
    {
        BackupGroupKind.Lite => "groups",
        BackupGroupKind.Mls => "mlsGroups",
        BackupGroupKind.Channel => "channels",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>
    /// It was authenticated, so another version of this program wrote it: what this one does not understand is an
    /// error.
    /// </summary>
    internal static BackupContent? Read(byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            var names = new List<KeyValuePair<string, NodeAddress>>();
            foreach (JsonProperty name in root.GetProperty(Names).EnumerateObject())
            {
                if (!NodeAddress.TryParse(name.Value.GetString() ?? "", out NodeAddress address, out _))
                    return null;
                names.Add(new KeyValuePair<string, NodeAddress>(name.Name, address));
            }

            _ = root.GetProperty(NameOf(BackupGroupKind.Lite));
            return TryReadPeople(root, out List<Contact>? people)
                && TryReadBlocked(root, out List<NodeAddress>? blocked)
                ? new BackupContent(names, people, blocked, ReadGroups(root))
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException
            or FormatException)
        {
            return null;
        }
    }

    private static bool TryReadPeople(JsonElement root, [NotNullWhen(true)] out List<Contact>? people)
    {
        people = [];
        if (!root.TryGetProperty(People, out JsonElement list))
            return true;
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (!Contact.TryRead(item.GetBytesFromBase64(), out Contact? contact)
                || !Ed25519.IsValidPublicKey(contact.Key.Span))
                return false;
            people.Add(contact);
        }

        return true;
    }

    private static bool TryReadBlocked(JsonElement root, [NotNullWhen(true)] out List<NodeAddress>? blocked)
    {
        blocked = [];
        if (!root.TryGetProperty(Blocked, out JsonElement list))
            return true;
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (!NodeAddress.TryParse(item.GetString() ?? "", out NodeAddress address, out _))
                return false;
            blocked.Add(address);
        }

        return true;
    }

    private static List<BackupGroup> ReadGroups(JsonElement root)
    {
        var groups = new List<BackupGroup>();
        foreach (BackupGroupKind kind in _kinds)
        {
            if (!root.TryGetProperty(NameOf(kind), out JsonElement named))
                continue;
            foreach (JsonProperty group in named.EnumerateObject())
                groups.Add(new BackupGroup(
                    kind, group.Name, [.. group.Value.EnumerateArray().Select(m => m.GetString() ?? "")]));
        }

        return groups;
    }
}

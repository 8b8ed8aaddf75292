namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-create</c> takes.</summary>
public sealed record GroupCreateRequest
{
    /// <summary>What to call it: 1 to 64 bytes.</summary>
    public string? Name { get; set; }

    /// <summary>The cipher suite: 1, 3, or pq for post-quantum keys; null for 1.</summary>
    public string? Suite { get; set; }

    /// <summary>
    /// Keys of past states are deleted at once; two commits at once then cost whoever loses a rejoin.
    /// </summary>
    public bool Strict { get; set; }
}

/// <content><c>group-create</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-create</c>: founds a group.</summary>
    public static CommandSpec<GroupCreateRequest, GroupInfo> GroupCreate { get; } = new(
        "group-create", CommandGroup.Groups, "Founds a group.", json => json.GroupInfo,
        new ArgumentList<GroupCreateRequest>()
            .Operand("name", "What to call it: at most 64 bytes.", r => r.Name, (r, v) => r.Name = v)
            .Word("suite", "N", "The cipher suite: 1 (AES-128-GCM), 3 (ChaCha20-Poly1305) or pq (post-quantum keys).",
                r => r.Suite, (r, v) => r.Suite = v)
            .Flag("strict", "Delete the keys of past states at once.", r => r.Strict, (r, v) => r.Strict = v))
    {
        Console = [new("/group create", "NAME", "found a group")],
        Rendering = GroupInfo.Show,
    };
}

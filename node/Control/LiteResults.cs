namespace QuicProChat.Mesh.Node.Control;

/// <summary>An MLS-Lite group: what it is called here, and how far it is. The counter says how many messages this node has made in it.</summary>
internal sealed record LiteGroupInfo(
    string Name, string Id, string Cipher, long Epoch, string EpochTag, int Counter, IReadOnlyList<LiteMemberInfo> Members);

/// <summary>A member of a group.</summary>
internal sealed record LiteMemberInfo(int Index, string Address, bool Self);

/// <summary>An invitation: a secret, for one person.</summary>
internal sealed record LiteInvitationInfo(string Uri);

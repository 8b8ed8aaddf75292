namespace QuicProChat.Mesh.Mls;

/// <summary>How a commit relates to what this member has followed.</summary>
public enum CommitKind
{
    /// <summary>
    /// Nothing is known of it: no commit, of another group, or of an epoch that is not known (any more).
    /// </summary>
    Unknown,

    /// <summary>
    /// It claims to be made on a state that takes commits; <see cref="Group.Process(Messages.UnverifiedMessage)"/>
    /// tells the rest.
    /// </summary>
    Next,

    /// <summary>It was followed or kept before.</summary>
    Duplicate,

    /// <summary>This member made it.</summary>
    Own,

    /// <summary>
    /// It was made on a state that this member has left by another commit, and that takes none any more.
    /// </summary>
    Rival,
}

/// <summary>What a commit is to a group, told without processing it.</summary>
/// <param name="Kind">How it relates to what this member has followed.</param>
/// <param name="Parent">The state that it was made on, as far as can be told; null if it cannot.</param>
/// <param name="Child">The state that it leads to, for one that was followed, kept or made before; else null.</param>
/// <param name="IsAuthentic">
/// Whether the parent is proved: the message is the very one that was processed, or it was signed there, or only a
/// member there can have encrypted who sent it. A forger needs nothing but the group's id for the rest. Whether the
/// commit is whole and valid only processing tells.
/// </param>
public readonly record struct CommitStanding(CommitKind Kind, StateId? Parent, StateId? Child, bool IsAuthentic);

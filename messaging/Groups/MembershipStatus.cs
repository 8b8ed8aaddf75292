namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>How this node stands in a group.</summary>
public enum MembershipStatus : byte
{
    /// <summary>It was taken in, and nobody else is known to have followed that yet.</summary>
    Joining = 1,

    /// <summary>It knows of nothing that it could not follow.</summary>
    Current = 2,

    /// <summary>Somebody stands at a state that this node does not know.</summary>
    Behind = 3,

    /// <summary>The others went a way that this node cannot follow; it has asked to be taken in again.</summary>
    Forked = 4,

    /// <summary>It is no member any more.</summary>
    Out = 5,
}

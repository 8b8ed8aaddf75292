using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>What a group's member keeps about itself.</summary>
internal sealed class OwnStanding
{
    /// <summary>What this node's owner calls the group.</summary>
    internal string Name { get; set; } = "";

    internal MembershipStatus Status { get; set; } = MembershipStatus.Current;

    /// <summary>Tips that were signed.</summary>
    internal ulong TipNumber { get; set; }

    /// <summary>Own messages since the own leaf was renewed.</summary>
    internal int MessagesSinceHealing { get; set; }

    /// <summary>When the own leaf was renewed last; running time.</summary>
    internal TimeSpan HealedAt { get; set; }

    /// <summary>The owner, or a branch that was left, wants the own leaf renewed.</summary>
    internal bool WantsHealing { get; set; }

    /// <summary>
    /// Up to which generation of which state keys were set apart for own texts. What is below it may have been used,
    /// whatever the state says that was on disk when the power went.
    /// </summary>
    internal (StateId State, uint Until) SetApart { get; set; }

    /// <summary>The own KeyPackage that let this node in, until that is settled; else empty.</summary>
    internal ReadOnlyMemory<byte> KeyPackage { get; set; }

    /// <summary>The state that this node came in by.</summary>
    internal StateId JoinedIn { get; set; }

    /// <summary>
    /// The request to be taken in again that is under way; running time of the next repetition beside it.
    /// </summary>
    internal OrderWithKeys? Rejoin { get; set; }

    internal TimeSpan RejoinAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>How often it was asked for in vain; in memory alone.</summary>
    internal int RejoinsAsked { get; set; }

    /// <summary>The tip as it was signed last; signed anew when it moves.</summary>
    internal SignedTip? Tip { get; set; }

    /// <summary>
    /// When whoever could explain where others stand is asked again, and how long after that; in memory alone.
    /// </summary>
    internal (TimeSpan At, TimeSpan Pause) Asking { get; set; } = (TimeSpan.MaxValue, TimeSpan.Zero);

    /// <summary>When the next member is told where this node stands, though nothing happened; running time.</summary>
    internal TimeSpan IdleAt { get; set; }
}

using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>Whoever asked for a message to be sent. It is told once: one of both, from any thread.</summary>
public interface ICaller
{
    /// <summary>The message is as far as the caller wanted it, or as far as it will ever be.</summary>
    void Done(in SentMessage sent);

    /// <summary>Nothing was sent.</summary>
    /// <param name="why">What sort of refusal it is.</param>
    /// <param name="text">The reason in one sentence.</param>
    void Refused(Refusal why, string text);
}

/// <summary>How far a message is.</summary>
/// <param name="Message">Its id.</param>
/// <param name="State">What is proven about it.</param>
/// <param name="Reason">Why it is in that state.</param>
/// <param name="Copies">What became of its copies; null for a message that is its own only copy.</param>
public readonly record struct SentMessage(
    EnvelopeId Message, MessageState State, StateReason Reason, CopyCount? Copies);

/// <summary>Copies of one message.</summary>
/// <param name="Recipients">How many there are.</param>
/// <param name="DeliveredTo">How many of them are proven to have arrived.</param>
public readonly record struct CopyCount(int Recipients, int DeliveredTo);

/// <summary>Why something was not done.</summary>
public enum Refusal
{
    /// <summary>What was asked makes no sense as it was asked.</summary>
    Usage,

    /// <summary>It was understood, and cannot be done.</summary>
    Refused,

    /// <summary>The receiver's key is not known, and nobody is asked for it.</summary>
    UnknownReceiver,

    /// <summary>Nobody is called so.</summary>
    UnknownName,

    /// <summary>There is no conversation with that name.</summary>
    UnknownConversation,

    /// <summary>Nobody else takes part in the conversation.</summary>
    NobodyElse,
}

/// <summary>Something was not done, in one sentence.</summary>
/// <param name="why">What sort of refusal it is.</param>
/// <param name="message">The sentence.</param>
public sealed class MessagingException(Refusal why, string message) : Exception(message)
{
    /// <summary>What sort of refusal it is.</summary>
    public Refusal Why { get; } = why;
}

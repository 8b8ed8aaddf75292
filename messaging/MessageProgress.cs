using QuicProChat.Mesh.Wire;

// Without a default arm the compiler names the state that is missing; values that are no states are stopped where bytes
// become states.
#pragma warning disable CS8524

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// How far the state of a message is on the way that its sender hopes for. The only home of this order.
/// </summary>
public static class MessageProgress
{
    /// <summary>Nothing more will be proven about it.</summary>
    public static bool IsEnd(MessageState state) => state switch
    {
        MessageState.Queued or MessageState.Forwarded => false,
        MessageState.Delivered or MessageState.Expired or MessageState.Failed or MessageState.Received => true,
    };

    /// <summary>Who waits for a state need wait no longer: it is reached, or nothing more will be proven.</summary>
    public static bool Answers(MessageState state, MessageState awaited) =>
        IsEnd(state) || Steps(state) >= Steps(awaited);

    /// <summary>The word for a state, as people and scripts read it.</summary>
    public static string NameOf(MessageState state) => state switch
    {
        MessageState.Queued => "queued",
        MessageState.Forwarded => "forwarded",
        MessageState.Delivered => "delivered",
        MessageState.Expired => "expired",
        MessageState.Failed => "failed",
        MessageState.Received => "received",
    };

    // An end without delivery is nowhere on the way.
    private static int Steps(MessageState state) => state switch
    {
        MessageState.Queued => 0,
        MessageState.Forwarded => 1,
        MessageState.Delivered => 2,
        MessageState.Expired or MessageState.Failed or MessageState.Received => -1,
    };
}

using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Conversations;

/// <content>Whoever waits for a state that will not be reported any more.</content>
internal sealed partial class Conversations
{
    private bool _stops;

    /// <summary>A fault over what became of a message: whoever waits for it is told.</summary>
    internal void Forsake(OutgoingMessage message)
    {
        _waiting.Remove(message.Id);
        Refuse(message, Faults.Answer);
    }

    /// <summary>A fault over the state of a message: whoever waits for that state is told.</summary>
    internal void Forsake(in EnvelopeId id)
    {
        if (!Lite.Forsake(id) && _waiting.TryGetValue(id, out OutgoingMessage? message))
            Forsake(message);
    }

    /// <summary>The daemon stops: whoever waits for a state learns that the message is on disk, and goes on later. On the loop.</summary>
    internal void AnswerWaiting()
    {
        _stops = true;
        foreach (OutgoingMessage message in _waiting.Values)
            Refuse(message, StopsAt(message.Id, MessageState.Queued));
        _waiting.Clear();
        foreach (TaskCompletionSource sought in _sought.Values)
            sought.TrySetResult();
        Lite.AnswerWaiting();
        Flush();
    }

    /// <summary>What is said of a message that is under way when the daemon stops.</summary>
    internal static string StopsAt(in EnvelopeId id, MessageState state) =>
        $"the daemon stops; message {id} is {Words.Of(state)} and goes on when it runs again";
}

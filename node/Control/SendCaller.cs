using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>A client that asked for a message to be sent, and how its reply is found.</summary>
internal sealed class SendCaller(ControlSession session, RequestTag? tag, AnsweredSessions answered) : ICaller
{
    /// <inheritdoc/>
    public void Done(in SentMessage sent) => Reply(ReplyWriter.Done(
        tag,
        new SendInfo(sent.Message.ToString(), Words.Of(sent.State))
        {
            Reason = Words.Of(sent.Reason),
            Recipients = sent.Copies?.Recipients,
            DeliveredTo = sent.Copies?.DeliveredTo,
        },
        ApiJson.Default.SendInfo));

    /// <inheritdoc/>
    public void Refused(Refusal why, string text)
    {
        (ErrorCode code, string says) = Refusals.Say(why, text);
        Reply(ReplyWriter.Failed(tag, code, says));
    }

    private void Reply(ReadOnlyMemory<byte> line)
    {
        session.Reply(line.Span);
        answered.Add(session);
    }
}

/// <summary>Sessions with answers that have not left yet. For any thread.</summary>
internal sealed class AnsweredSessions
{
    private readonly Lock _guard = new();
    private readonly HashSet<ControlSession> _sessions = [];

    internal void Add(ControlSession session)
    {
        lock (_guard)
            _sessions.Add(session);
    }

    /// <summary>Sends what was answered; called once after a batch.</summary>
    internal void Flush()
    {
        lock (_guard)
        {
            foreach (ControlSession session in _sessions)
                session.Flush();
            _sessions.Clear();
        }
    }
}

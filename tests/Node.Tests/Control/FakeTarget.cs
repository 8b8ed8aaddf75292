using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Tests.Control;

/// <summary>
/// Stands where the node would: answers with the command's name, unless the command is one of a few that behave otherwise.
/// </summary>
internal sealed class FakeTarget : IControlTarget
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(ControlTag? Tag, ControlSession Session)> _waiting = [];

    internal List<string?> Sent { get; } = [];

    /// <summary>What failed and was told.</summary>
    internal List<string> Failed { get; } = [];

    /// <summary>Lets what "hold" and waiting sends wait for happen.</summary>
    internal void Release()
    {
        _released.TrySetResult();
        lock (_waiting)
        {
            foreach ((ControlTag? tag, ControlSession session) in _waiting)
            {
                session.Reply(ControlReply.Done(tag, new DoneInfo("sent"), ControlJson.Default.DoneInfo).Span);
                session.Flush();
            }

            _waiting.Clear();
        }
    }

    public ValueTask SendAsync(IReadOnlyList<ControlRequest> requests, ControlSession session)
    {
        foreach (ControlRequest request in requests)
        {
            Sent.Add(request.Tag?.Digits);
            if (request.Text == "throw")
                throw new InvalidOperationException("a fault for a test");
            if (request.Wait is null)
            {
                session.Reply(ControlReply.Done(request.Tag, new DoneInfo("sent"), ControlJson.Default.DoneInfo).Span);
                continue;
            }

            lock (_waiting)
                _waiting.Add((request.Tag, session));
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<ReadOnlyMemory<byte>> ExecuteAsync(ControlRequest request, CancellationToken cancellation)
    {
        switch (request.Command)
        {
            case "refuse":
                throw new ControlException(ControlErrorCode.Refused, "no");
            case "throw":
                throw new InvalidOperationException("Net_Key_Of_The_Runtime");
            case "hold":
                await _released.Task.WaitAsync(cancellation);
                break;
            case "large":
                return ControlReply.Done(request.Tag, new DoneInfo(new string('x', 1_000_000)), ControlJson.Default.DoneInfo);
        }

        return ControlReply.Done(request.Tag, new DoneInfo(request.Command!), ControlJson.Default.DoneInfo);
    }

    public void CommandFailed(string command, Exception failure)
    {
        lock (Failed)
            Failed.Add(command);
    }
}

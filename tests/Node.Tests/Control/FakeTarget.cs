using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Tests.Control;

/// <summary>
/// Stands where the node would: answers with the command's name, unless the command is one of a few that behave
/// otherwise.
/// </summary>
internal sealed class FakeTarget : IControlTarget
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(RequestTag? Tag, ControlSession Session)> _waiting = [];

    /// <summary>Two that sessions know, and some that are this target's own.</summary>
    public CommandTable Commands { get; } = new(
    [
        Api.Commands.Send, Api.Commands.WatchEvents, Brief("status"), Brief("shutdown"), Brief("refuse"),
        Brief("throw"),
        Brief("hold"), new CommandSpec<NoArguments, DoneInfo>("large", CommandGroup.Node, "", json => json.DoneInfo),
    ]);

    internal List<string?> Sent { get; } = [];

    /// <summary>What failed and was told.</summary>
    internal List<string> Failed { get; } = [];

    /// <summary>Lets what "hold" and waiting sends wait for happen.</summary>
    internal void Release()
    {
        _released.TrySetResult();
        lock (_waiting)
        {
            foreach ((RequestTag? tag, ControlSession session) in _waiting)
            {
                session.Reply(ReplyWriter.Done(tag, new DoneInfo("sent"), ApiJson.Default.DoneInfo).Span);
                session.Flush();
            }

            _waiting.Clear();
        }
    }

    public ValueTask SendAsync(IReadOnlyList<Request> requests, ControlSession session)
    {
        foreach (Request request in requests)
        {
            Sent.Add(request.Tag?.Digits);
            var text = (SendRequest)request.Arguments;
            if (text.Text == "throw")
                throw new InvalidOperationException("a fault for a test");
            if (text.Wait is null)
            {
                session.Reply(ReplyWriter.Done(request.Tag, new DoneInfo("sent"), ApiJson.Default.DoneInfo).Span);
                continue;
            }

            lock (_waiting)
                _waiting.Add((request.Tag, session));
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<ReadOnlyMemory<byte>> ExecuteAsync(Request request, CancellationToken cancellation)
    {
        switch (request.Command.Name)
        {
            case "refuse":
                throw new ControlException(ErrorCode.Refused, "no");
            case "throw":
                throw new InvalidOperationException("Net_Key_Of_The_Runtime");
            case "hold":
                await _released.Task.WaitAsync(cancellation);
                break;
            case "large":
                return ReplyWriter.Done(request.Tag, new DoneInfo(new string('x', 1_000_000)),
                    ApiJson.Default.DoneInfo);
        }

        return ReplyWriter.Done(request.Tag, new DoneInfo(request.Command.Name), ApiJson.Default.DoneInfo);
    }

    public void CommandFailed(string command, Exception failure)
    {
        lock (Failed)
            Failed.Add(command);
    }

    private static CommandSpec<NoArguments, DoneInfo> Brief(string name) =>
        new(name, CommandGroup.Node, "", json => json.DoneInfo) { IsBrief = true };
}

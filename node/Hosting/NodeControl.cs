using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Handlers;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// The node behind the control socket: finds what does a command, and says in words why something was not done.
/// </summary>
internal sealed class NodeControl(MeshNode node) : IControlTarget
{
    /// <inheritdoc/>
    public CommandTable Commands => NodeCommands.Table;

    /// <inheritdoc/>
    public async ValueTask SendAsync(IReadOnlyList<Request> requests, ControlSession session)
    {
        var texts = new List<(Messaging.SendRequest, ICaller)>(requests.Count);
        foreach (Request request in requests)
        {
            try
            {
                texts.Add((
                    SendArguments.Read((Api.SendRequest)request.Arguments, node.Configuration.Lifetime,
                        node.Destinations),
                    new SendCaller(session, request.Tag, node.Answered)));
            }
            catch (ControlException e)
            {
                session.Reply(ReplyWriter.Failed(request.Tag, e.Code, e.Message).Span);
            }
            catch (MessagingException e)
            {
                ControlException refused = Refusals.ToControl(e);
                session.Reply(ReplyWriter.Failed(request.Tag, refused.Code, refused.Message).Span);
            }
        }

        await node.Conversations.SendAsync(texts).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> ExecuteAsync(Request request, CancellationToken cancellation)
    {
        try
        {
            node.Faults.At(FaultPlace.Command);
            return await NodeCommands.HandlerOf(request.Command).RunAsync(node, request, cancellation)
                .ConfigureAwait(false);
        }
        catch (MessagingException e)
        {
            throw Refusals.ToControl(e);
        }
        catch (StoreException e)
        {
            node.Store.Damage.Note("a row that was asked for", e.Message);
            throw ControlException.Refused(e.Message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask AnswerWaitingAsync() => await node.AskAsync(_ =>
    {
        node.Conversations.AnswerWaiting();
        return true;
    }).ConfigureAwait(false);

    /// <inheritdoc/>
    public void CommandFailed(string command, Exception failure) => node.Faults.Count(FaultSeam.Command);
}

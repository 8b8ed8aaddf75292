using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Waits for what became of a content that a command sends.</summary>
internal sealed class SentResult : ICaller
{
    private readonly TaskCompletionSource<SendInfo> _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public void Done(in SentMessage sent) => _sent.TrySetResult(
        new SendInfo(sent.Message.ToString(), Words.Of(sent.State))
        {
            Reason = Words.Of(sent.Reason),
            Recipients = sent.Copies?.Recipients,
            DeliveredTo = sent.Copies?.DeliveredTo,
        });

    /// <inheritdoc/>
    public void Refused(Refusal why, string text) => _sent.TrySetException(new MessagingException(why, text));

    /// <summary>Sends a content, and waits until it is on disk.</summary>
    /// <exception cref="MessagingException">It was not sent.</exception>
    internal static async Task<SendInfo> SendAsync(MeshNode node, Messaging.SendRequest request)
    {
        var result = new SentResult();
        await node.Conversations.SendAsync([(request, result)]).ConfigureAwait(false);
        return await result._sent.Task.ConfigureAwait(false);
    }
}

using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>
/// How requests name messages: by an id, or by a reference as it is shown where the message was not here (its first
/// half, or state, leaf and number with points between).
/// </summary>
internal static class MessageIds
{
    private const string What = "a message's id, 32 hexadecimal digits";

    /// <summary>
    /// The message that a request names; whether there is one with an id of 32 digits is not looked at.
    /// </summary>
    /// <exception cref="ControlException">It names none.</exception>
    internal static EnvelopeId Find(MeshNode node, CommandSpec command, string? text)
    {
        if (TryRead(text, out EnvelopeId id))
            return id;
        if (!ContentReference.TryParse(text, out ContentReference reference))
            throw ControlException.Usage($"{command.Name} needs \"id\": {What}");
        return node.FindReferenced(reference) switch
        {
            [(var only, _)] => only,
            [] => throw ControlException.Refused($"there is no message {text}"),
            { Count: var several } => throw ControlException.Refused(
                $"{several} messages are called {text}: 'messages' shows their ids"),
        };
    }

    /// <summary>Reads the place in a list where it goes on.</summary>
    /// <exception cref="ControlException">It is no id.</exception>
    internal static EnvelopeId ReadFrom(CommandSpec command, string text) =>
        TryRead(text, out EnvelopeId id) ? id : throw ControlException.Usage($"{command.Name} needs \"from\": {What}");

    private static bool TryRead(string? text, out EnvelopeId id)
    {
        byte[] bytes = new byte[EnvelopeId.Size];
        bool isWhole = text is { Length: EnvelopeId.Size * 2 }
            && Convert.FromHexString(text, bytes, out _, out int written) == System.Buffers.OperationStatus.Done
            && written == bytes.Length;
        id = isWhole ? EnvelopeId.Read(bytes) : default;
        return isWhole;
    }
}

using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Node.Hosting;

// Without a default arm the compiler names the value that has no word yet.
#pragma warning disable CS8524

namespace QuicProChat.Mesh.Node.Control;

/// <summary>Files as the control socket shows them.</summary>
internal static class FileViews
{
    /// <summary>A file that is here or wanted; on the loop.</summary>
    internal static FileTransferInfo Of(MeshNode node, FileEntry file) => new(
        file.Message.ToString(), file.IsOwn ? "out" : "in", node.Views.NameOf(file.Conversation),
        file.IsOwn && !file.Conversation.IsDirect ? null : file.Author.ToString(), FileNames.Clean(file.Name),
        file.Size, WordOf(file.State),
        file.Received)
    {
        Note = node.Files.Transfers.ObstacleOf(file),
        SavedAs = file.SavedAs,
        OverRadio = file.OverRadio,
        Uploaded = file.State == FileState.Uploading ? Math.Min(file.Uploaded, file.Size) : null,
    };

    /// <summary>An offer of which nothing is here.</summary>
    internal static FileTransferInfo Of(MeshNode node, Message message, FileOfferContent offer) => new(
        message.Id.ToString(), message.Outgoing ? "out" : "in", node.Views.NameOf(message.Conversation),
        message.Outgoing && !message.Conversation.IsDirect ? null : message.Peer.ToString(),
        FileNames.Clean(offer.Name),
        (long)offer.FileSize, "offered", 0)
    {
        MediaType = offer.MediaType.Length > 0 ? offer.MediaType : null,
    };

    private static string WordOf(FileState state) => state switch
    {
        FileState.Fetching => "fetching",
        FileState.Whole => "here",
        FileState.Failed => "failed",
        FileState.Uploading => "uploading",
    };
}

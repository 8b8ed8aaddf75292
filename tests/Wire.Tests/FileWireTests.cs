using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Wire.Tests;

public sealed class FileWireTests
{
    private static byte[] Piece()
    {
        byte[] payload = new byte[FilePiece.Size];
        byte[] bytes = new byte[FileFormat.PieceSize];
        new Random(1).NextBytes(bytes);
        FilePiece.Write(payload, 0x1112131415161718, new ChunkId(1, 2), 7, bytes);
        return payload;
    }

    [Fact]
    public void A_piece_says_what_was_written_and_has_one_size()
    {
        byte[] payload = Piece();
        Assert.True(FilePiece.TryRead(payload, out FilePiece piece));
        Assert.Equal((0x1112131415161718UL, new ChunkId(1, 2), 7), (piece.Ticket, piece.Chunk, piece.Piece));
        Assert.True(piece.Bytes.SequenceEqual(payload.AsSpan(FilePiece.HeaderSize)));
        Assert.False(FilePiece.TryRead([.. payload, 0], out _));
        for (int cut = 0; cut < payload.Length; cut++)
            Assert.False(FilePiece.TryRead(payload.AsSpan(0, cut), out _));
        payload[FilePiece.HeaderSize - 1] = FileFormat.Pieces;
        Assert.False(FilePiece.TryRead(payload, out _));
        payload[0] = 0;
        Assert.False(FilePiece.TryRead(payload, out _));
    }

    [Fact]
    public void A_piece_and_every_word_fit_into_a_bulk_frame_and_that_into_any_frame()
    {
        Assert.InRange(FilePiece.Size, 1, BulkFrame.MaxPayload);
        Assert.InRange(1 + BulkFrame.SizeOf(BulkFrame.MaxPayload), 1, Limits.MaxFrame);
        Assert.Equal(8, FileFormat.Pieces);
        Assert.InRange(FileFormat.MaxDataChunks + 1, 1, ushort.MaxValue);
        Assert.Equal(1, FileFormat.ChunksOf(0));
        Assert.Equal(2, FileFormat.ChunksOf(1));
        Assert.Equal(2, FileFormat.ChunksOf(FileFormat.DataSize));
        Assert.Equal(FileFormat.MaxDataChunks + 1, FileFormat.ChunksOf(FileFormat.MaxFileSize));
    }

    [Fact]
    public void An_answer_of_a_part_has_a_set_and_no_other_has_one()
    {
        byte[] word = new byte[FileAnswer.SizeOf(FileFormat.MaxHaveSize + 1)];
        foreach (FileAnswerStatus status in Enum.GetValues<FileAnswerStatus>())
        {
            int size = FileAnswer.Write(word, default, status, 1, []);
            Assert.Equal(status != FileAnswerStatus.Part, FileAnswer.TryRead(word.AsSpan(0, size), out _));
            size = FileAnswer.Write(word, default, status, 1, new byte[FileFormat.MaxHaveSize]);
            Assert.Equal(status == FileAnswerStatus.Part, FileAnswer.TryRead(word.AsSpan(0, size), out _));
        }

        FileAnswer.Write(word, default, FileAnswerStatus.Part, 1, new byte[FileFormat.MaxHaveSize + 1]);
        Assert.False(FileAnswer.TryRead(word, out _));
    }

    [Fact]
    public void A_request_asks_for_one_to_thirty_two_chunks_and_for_something_of_each()
    {
        byte[] word = new byte[FileRequest.SizeOf(FileRequest.MaxChunks + 1)];
        WantedPieces[] wanted = [.. Enumerable.Repeat(new WantedPieces(1, 1), FileRequest.MaxChunks + 1)];
        Assert.True(FileRequest.TryRead(
            word.AsSpan(0, FileRequest.Write(word, default, 1, 1, 1, wanted.AsSpan(1))), out _));
        Assert.False(FileRequest.TryRead(word.AsSpan(0, FileRequest.Write(word, default, 1, 1, 1, wanted)), out _));
        Assert.False(FileRequest.TryRead(word.AsSpan(0, FileRequest.Write(word, default, 1, 1, 1, [])), out _));
        Assert.False(FileRequest.TryRead(
            word.AsSpan(0, FileRequest.Write(word, default, 1, 1, 1, [new WantedPieces(1, 0)])), out _));
    }

    [Fact]
    public void Hops_of_a_bulk_frame_are_replaced_and_nothing_else()
    {
        byte[] body = (byte[])Codec.Named("BulkFrame").Example.Clone();
        BulkFrame.SetHops(body, 1023);
        Assert.True(BulkFrame.TryRead(body, out BulkFrame frame));
        Assert.Equal((1023, true), (frame.HopsLeft, frame.OverRadio));
        Assert.Equal(Codec.Destination, frame.Destination);
        BulkFrame.SetHops(body, 300);
        Assert.Equal(Codec.Named("BulkFrame").Example, body);
    }
}

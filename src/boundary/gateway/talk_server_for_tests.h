// TalkServer: a TalkService behind a real socket of the loopback, so that tests can send unmodified clients at it.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <thread>

#include "boundary/service.h"

namespace belljar::boundary {

class TalkServer {
 public:
  explicit TalkServer(std::shared_ptr<TalkService> service)
      : service_{std::move(service)},
        acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}},
        thread_{[this] { serve(); }} {}
  ~TalkServer() {
    stopping_ = true;
    boost::asio::io_context context;
    boost::asio::ip::tcp::socket wake{context};
    boost::system::error_code error;
    wake.connect({boost::asio::ip::address_v4::loopback(), port()}, error);
    wake.close(error);
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  // One connection after the other.
  void serve() {
    while (!stopping_) {
      boost::asio::ip::tcp::socket socket = acceptor_.accept();
      const std::unique_ptr<Talk> talk = service_->open("agent");
      Said said = talk->open();
      std::array<char, 4096> room{};
      for (;;) {
        boost::system::error_code error;
        boost::asio::write(socket, boost::asio::buffer(said.bytes), error);
        if (error || said.close) break;
        const std::size_t size = socket.read_some(boost::asio::buffer(room), error);
        if (error) break;
        said = talk->feed({room.data(), size});
      }
    }
  }

  std::shared_ptr<TalkService> service_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace belljar::boundary

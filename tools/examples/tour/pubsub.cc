// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A broker: publishers send it texts, and each subscriber gets all that come after
// it has subscribed. One goroutine owns the list, so that it needs no lock. A
// subscriber that is too slow loses texts, and no other notices.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/select.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace go = gosling;

namespace {

class Broker {
 public:
  Broker() {
    go::Go([broker = *this] { broker.Serve(); });
  }

  go::RecvChan<std::string> Subscribe(std::size_t room) const {
    const go::Chan<std::string> subscriber = go::MakeChan<std::string>(room);
    subscribe_.Send(subscriber);
    return subscriber;
  }
  void Publish(std::string text) const { publish_.Send(std::move(text)); }
  // Close closes all subscribers' channels.
  void Close() const { publish_.Close(); }

 private:
  void Serve() const {
    std::vector<go::Chan<std::string>> subscribers;
    for (;;) {
      go::Chan<std::string> subscriber;
      std::string text;
      bool ok = false;
      if (go::Select(go::OnRecv(subscribe_, subscriber),
                     go::OnRecv(publish_, text, ok)) == 0) {
        subscribers.push_back(subscriber);
        continue;
      }
      for (const auto& s : subscribers) {
        if (ok) {
          s.TrySend(text);
        } else {
          s.Close();
        }
      }
      if (!ok) return;
    }
  }

  go::Chan<go::Chan<std::string>> subscribe_ =
      go::MakeChan<go::Chan<std::string>>();
  go::Chan<std::string> publish_ = go::MakeChan<std::string>();
};

}  // namespace

int main() {
  return go::Run([] {
    const Broker broker;
    broker.Publish("nobody hears this");
    const auto quick = broker.Subscribe(10);
    const auto slow = broker.Subscribe(1);
    broker.Publish("one");
    broker.Publish("two");
    broker.Close();
    for (const std::string& text : quick)
      std::printf("quick: %s\n", text.c_str());
    for (const std::string& text : slow)
      std::printf("slow: %s\n", text.c_str());
  });
}
